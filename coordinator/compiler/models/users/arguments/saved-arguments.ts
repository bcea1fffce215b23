// The arguments of the layers of a model.json, which tfjs would pass over in silence where it does not know them.
import { serialization } from "@tensorflow/tfjs-core";
import { GanglionError } from "../../../../../shared/errors.ts";
import { isObject } from "../../../../../shared/is-object.ts";
import { faultIn, unknownArgument } from "./fault.ts";
import { GAN_LAYER_ARGUMENTS } from "./gan-arguments.ts";
import { LAYER_ARGUMENTS } from "./layer-arguments.ts";
import { CONSTRAINT_ARGUMENTS, INITIALIZER_ARGUMENTS, REGULARIZER_ARGUMENTS } from "./object-arguments.ts";
import type { Known } from "./rule.ts";
import { camelCase, isHarmless, renamed } from "./saved-keys.ts";
import type { Spelling } from "./suggestion.ts";
import { valueText } from "./value-text.ts";

const SAVED: Spelling = { place: "saved", write: snakeCase };

type Json = Readonly<Record<string, unknown>>;

const TABLES = [
  GAN_LAYER_ARGUMENTS,
  LAYER_ARGUMENTS,
  INITIALIZER_ARGUMENTS,
  REGULARIZER_ARGUMENTS,
  CONSTRAINT_ARGUMENTS,
];
const KNOWN: ReadonlyMap<string, Known> = new Map(
  TABLES.flatMap((table) => Object.values(table)).map((known) => [known.className, known]),
);
/** Arguments whose values are not checked: policies for dtypes, seeds of every kind. */
const FREE = ["name", "dtype", "seed", "trainable", "implementation"];
const OURS = new Set(Object.values(GAN_LAYER_ARGUMENTS).map((known) => known.className));
const LAYER_CLASSES = new Set([...OURS, ...Object.values(LAYER_ARGUMENTS).map((known) => known.className)]);
/** Before a user's module could register another under the same name. */
const OWN_CLASSES = { ...serialization.SerializationMap.getMap().classNameMap };

/**
 * The topology of a model.json as tfjs understands it: what Keras 3 only calls otherwise has its name here.
 *
 * @throws GanglionError MODEL naming the layer, and the argument that tfjs does not know or whose value is absurd
 */
export function checkedTopology(path: string, topology: Json): Json {
  return checked(topology, null, path) as Json;
}

/** A copy of a part of the topology; `owner` is the layer that it belongs to. */
function checked(part: unknown, owner: string | null, path: string): unknown {
  if (Array.isArray(part)) return part.map((element) => checked(element, owner, path));
  if (!isJson(part)) return part;
  const { class_name: className, config } = part;
  const known = typeof className === "string" && isOwnClass(className) ? KNOWN.get(className) : undefined;
  if (typeof className !== "string" || !isJson(config)) return mapped(part, owner, path);
  const own =
    owner !== null && !isLayer(className) ? `${className} of ${owner}` : describe(className, config);
  const read = known === undefined ? config : readConfig(own, known, config, path);
  const inside = isLayer(className) || owner === null ? own : owner;
  return { ...(mapped({ ...part, config: null }, owner, path) as Json), config: checked(read, inside, path) };
}

function mapped(part: Json, owner: string | null, path: string): unknown {
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, checked(value, owner, path)]));
}

/** The config with the names of tfjs. */
function readConfig(owner: string, known: Known, config: Json, path: string): Json {
  const refuse = (fault: string): never => {
    throw new GanglionError("MODEL", `${path} cannot be built: ${owner} ${fault}`);
  };
  const args: Record<string, unknown> = {};
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const name = renamed(known.className, camelCase(key)) ?? camelCase(key);
    const isKnown = Object.hasOwn(known.rules, name);
    if (!isKnown && !isHarmless(name, value, config))
      refuse(unknownArgument(key, value, Object.keys(known.rules), SAVED));
    if (isKnown && value === null && name in args) continue;
    if (isKnown && args[name] != null && args[name] !== value)
      refuse(`has two values for ${snakeCase(name)}, ${valueText(args[name])} and ${valueText(value)}: leave one out`);
    read[isKnown ? snakeCase(name) : key] = value;
    if (isKnown) args[name] = camelCaseValue(value);
  } // prettier-ignore
  for (const name of FREE) delete args[name];
  const { rules, savedRules, className } = known;
  const fault = faultIn({ className, rules: { ...rules, ...savedRules } }, args, SAVED);
  return fault === null ? read : refuse(fault);
}

function isJson(value: unknown): value is Json {
  return isObject(value);
}

function isOwnClass(className: string): boolean {
  const { classNameMap } = serialization.SerializationMap.getMap();
  if (OURS.has(className)) return true;
  return Object.hasOwn(OWN_CLASSES, className) && classNameMap[className][0] === OWN_CLASSES[className][0];
}

function isLayer(className: string): boolean {
  return LAYER_CLASSES.has(className);
}

function describe(className: string, { name }: Json): string {
  return typeof name === "string" ? `layer ${name} (${className})` : `a ${className}`;
}

/** But for "gelu_new", which tfjs saves and cannot read again; it says so. */
function camelCaseValue(value: unknown): unknown {
  return typeof value === "string" && value !== "gelu_new" ? camelCase(value) : value;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);
}
