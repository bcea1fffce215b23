// Names that stand for objects of tfjs, as `kernelInitializer: "heNormal"`, `activation: "relu"`.
import { serialization } from "@tensorflow/tfjs-core";
import { CONSTRAINT_ARGUMENTS, INITIALIZER_ARGUMENTS, REGULARIZER_ARGUMENTS } from "./object-arguments.ts";
import { bare } from "./other-frameworks.ts";
import type { Known, ObjectRule } from "./rule.ts";
import { nearName } from "./suggestion.ts";
import { valueText } from "./value-text.ts";

type Family = ObjectRule["family"];

const TABLES: Readonly<Record<Exclude<Family, "activation">, Readonly<Record<string, Known>>>> = {
  initializer: INITIALIZER_ARGUMENTS,
  regularizer: REGULARIZER_ARGUMENTS,
  constraint: CONSTRAINT_ARGUMENTS,
};

const EXAMPLES: Readonly<Record<Family, string>> = {
  initializer: 'a name such as "heNormal", or made by tf.initializers',
  regularizer: "made by tf.regularizers, such as tf.regularizers.l2({ l2: 0.01 })",
  constraint: "made by tf.constraints, such as tf.constraints.maxNorm({ maxValue: 2 })",
  activation: 'a name, such as "relu"',
};

const ACTIVATIONS = [
  "elu", "gelu", "gelu_new", "hardSigmoid", "linear", "logSoftmax", "mish", "relu", "relu6", "selu", "sigmoid",
  "softmax", "softplus", "softsign", "swish", "tanh",
] as const; // prettier-ignore

/** By other programs' words, without case and underscores. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  silu: "swish",
  none: "linear",
  identity: "linear",
  normal: "randomNormal",
  gaussian: "randomNormal",
  uniform: "randomUniform",
  xavier: "glorotUniform",
  xavieruniform: "glorotUniform",
  xaviernormal: "glorotNormal",
  kaiminguniform: "heUniform",
  kaimingnormal: "heNormal",
  nonnegative: "nonNeg",
};

/** The class that a model.json calls `className`, where it is one of the family. */
export function knownObject(family: Family, className: unknown): Known | undefined {
  if (family === "activation") return undefined;
  return Object.values(TABLES[family]).find((known) => known.className === className);
}

/** What is wrong with a value that names an object, as the words after "it must be" or "did you mean"; null if nothing. */
export function identifierFault(family: Family, value: unknown): string | null {
  if (typeof value === "string") return nameFault(family, value);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return null; // tfjs asks for its class
  const call = typeof value === "function" ? factoryName(family, value.name) : undefined;
  if (call !== undefined) return `call it: ${call}(…)`;
  return `it must be ${EXAMPLES[family]}`;
}

function nameFault(family: Family, name: string): string | null {
  const names: readonly string[] = family === "activation" ? ACTIVATIONS : Object.keys(TABLES[family]);
  const needs = family === "initializer" && bare(name) === "constant"; // a value that a name cannot give
  const factory = names.find((known) => bare(known) === bare(name));
  if (factory !== undefined && (needs || (family === "regularizer" && factory !== "l1l2")))
    return `write ${factoryCall(family, factory)}`;
  if (names.includes(name) || registered(name)) return null;
  if (family === "activation" && /^(leaky|p|l)_?relu/i.test(name))
    return "tfjs has no such activation: add tf.layers.leakyReLU({ alpha: 0.2 }) after the layer";
  const other = Object.hasOwn(OTHER_NAMES, bare(name)) ? OTHER_NAMES[bare(name)] : undefined;
  const meant = other !== undefined && names.includes(other) ? other : nearName(name, names);
  if (meant !== undefined) return `did you mean ${valueText(meant)}?`;
  const choices = (family === "regularizer" ? ["l1l2"] : names).map((known) => `"${known}"`).join(", ");
  return `it must be one of ${choices}${family === "activation" ? "" : `, or made by tf.${family}s`}`;
}

function factoryName(family: Family, name: string): string | undefined {
  return family !== "activation" && Object.hasOwn(TABLES[family], name) ? `tf.${family}s.${name}` : undefined;
}

function factoryCall(family: Family, name: string): string {
  const value = family === "initializer" ? "value: 0.1" : `${name}: 0.01`;
  return `tf.${family}s.${name}({ ${value} })`;
}

/** A class's own name does as well, a user's too. */
function registered(name: string): boolean {
  return Object.hasOwn(serialization.SerializationMap.getMap().classNameMap, name);
}
