// tfjs's factories as users get them: each refuses arguments that tfjs would pass over in silence.
//
// They make layers and what goes with them. A user's own class, whatever it extends, takes what it likes.
import { Tensor } from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { isObject } from "../../../../../shared/is-object.ts";
import { type Arguments, faultIn } from "./fault.ts";
import type { GanInitializers, GanLayers } from "../../layers/layers.ts";
import { GAN_INITIALIZER_ARGUMENTS, GAN_LAYER_ARGUMENTS } from "./gan-arguments.ts";
import { LAYER_ARGUMENTS } from "./layer-arguments.ts";
import {
  CONSTRAINT_ARGUMENTS,
  INITIALIZER_ARGUMENTS,
  MODEL_ARGUMENTS,
  REGULARIZER_ARGUMENTS,
} from "./object-arguments.ts";
import type { Known } from "./rule.ts";
import { valueText } from "./value-text.ts";

type Factory = (...given: unknown[]) => object;
type Class = new (...given: unknown[]) => object;
type Checked = Pick<
  typeof tfl,
  | "layers" | "initializers" | "regularizers" | "constraints"
  | "model" | "sequential" | "input" | "RNN" | "Sequential" | "LayersModel"
>; // prettier-ignore

interface GanParts {
  readonly layers: GanLayers;
  readonly initializers: GanInitializers;
}

/** The same factories and classes under the same names; what they throw names the call, the argument and the remedy. */
export function checkedFactories(): Checked {
  const { model, sequential, input } = checkedTable("tf", { ...tfl }, MODEL_ARGUMENTS);
  const RNN = checkedClass("tf.layers.RNN", tfl.RNN, LAYER_ARGUMENTS["rnn"]);
  const layers = { ...checkedTable("tf.layers", { ...tfl.layers }, LAYER_ARGUMENTS), input, RNN };
  return {
    layers,
    initializers: checkedTable("tf.initializers", { ...tfl.initializers }, INITIALIZER_ARGUMENTS),
    regularizers: checkedTable("tf.regularizers", { ...tfl.regularizers }, REGULARIZER_ARGUMENTS),
    constraints: checkedTable("tf.constraints", { ...tfl.constraints }, CONSTRAINT_ARGUMENTS),
    model,
    sequential,
    input,
    RNN,
    Sequential: checkedClass("tf.Sequential", tfl.Sequential, MODEL_ARGUMENTS["sequential"]),
    LayersModel: checkedClass("tf.LayersModel", tfl.LayersModel, MODEL_ARGUMENTS["model"]),
  };
}

/** The same for what is ours. */
export function checkedGanParts(parts: GanParts): GanParts {
  return {
    layers: checkedTable("layers", parts.layers, GAN_LAYER_ARGUMENTS),
    initializers: checkedTable("initializers", parts.initializers, GAN_INITIALIZER_ARGUMENTS),
  };
}

function checkedTable<T extends object>(
  path: string,
  factories: T,
  table: Readonly<Record<string, Known>>,
): T {
  const checked = Object.entries(table).map(([name, known]): [string, Factory] => [
    name,
    checkedFactory(`${path}.${name}`, factories[name as keyof T] as Factory, known),
  ]);
  return { ...factories, ...Object.fromEntries(checked) };
}

function checkedFactory(call: string, factory: Factory, known: Known): Factory {
  const checked: Factory = (...given) => {
    refuseFaults(call, known, given);
    const args = (given[0] ?? {}) as Arguments;
    const lost = known.lostZeros?.filter((name) => args[name] === 0) ?? [];
    return lost.length === 0 ? factory(...given) : factory({ ...args, ...tiny(lost) });
  };
  return Object.defineProperty(checked, "name", { value: factory.name });
}

/** In float32 it is 0, and tfjs keeps it, also where it copies a layer by its config. */
function tiny(names: readonly string[]): Arguments {
  return Object.fromEntries(names.map((name) => [name, Number.MIN_VALUE]));
}

function checkedClass<T>(name: string, constructor: T, known: Known): T {
  const checked: Class = new Proxy(constructor as Class, {
    construct(target, given: unknown[], asked) {
      if (asked === checked) refuseFaults(`new ${name}`, known, given);
      return Reflect.construct(target, given, asked) as object;
    },
  });
  return checked as T;
}

/** @throws a plain Error: the caller of the user's function knows its file, and makes it a MODEL error with the line */
function refuseFaults(call: string, known: Known, given: readonly unknown[]): void {
  const fault = callFault(call, known, given) ?? faultIn(known, (given[0] ?? {}) as Arguments);
  if (fault !== null) throw new Error(`${call} ${fault}`);
}

/** Everything goes into one object; `list.map(tf.layers.dense)` gives an index and the list besides. */
function callFault(call: string, { rules }: Known, given: readonly unknown[]): string | null {
  const [first, ...others] = given;
  const example = Object.keys(rules)[0];
  const remedy =
    example === undefined ? "it takes no arguments" : `put all in one object, ${call}({ ${example}: … })`;
  if ([first].flat().some(isTensor))
    return `is given ${valueText(first)}: build it first and apply it then, ${call}(…).apply(…)`;
  if (first !== undefined && first !== null && !isPlain(first))
    return `is given ${valueText(first)}: ${remedy}`;
  const isMapped = Array.isArray(others[1]) && others[1][Number(others[0])] === first;
  const surplus = others.find((value) => value !== undefined);
  return surplus === undefined || isMapped
    ? null
    : `is given ${valueText(surplus)} besides its arguments: ${remedy}`;
}

function isTensor(value: unknown): boolean {
  return value instanceof tfl.SymbolicTensor || value instanceof Tensor;
}

function isPlain(value: unknown): boolean {
  return isObject(value) && !(value instanceof tfl.layers.Layer);
}
