// Where in a user's networks something went wrong: the layer with what it was given, the line of the module.
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { type SymbolicTensor, layers } from "@tensorflow/tfjs-layers";
import type * as tf from "@tensorflow/tfjs-core";
import { GanglionError, messageOf } from "../../../../shared/errors.ts";
import { type RunningLayer, refuseLayerSlips, withRemedy } from "./layer-slips.ts";
import { classText } from "../held.ts";

type Layer = layers.Layer;
type LayerInputs = Parameters<Layer["apply"]>[0];

/** A shape as people write it, `[?, 28, 28, 1]`: what is not known is a question mark. */
export function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? "?").join(", ")}]`;
}

/**
 * Runs `body`; what a layer throws in it, as it is built or applied, becomes a MODEL error that names the layer, its
 * network and the shapes it was given.
 */
export function namingLayers<T>(networks: Readonly<Record<string, unknown>>, body: () => T): T {
  const names = new Map<unknown, string>(Object.entries(networks).map(([name, model]) => [model, name]));
  const running: RunningLayer[] = [];
  const prototype = layers.Layer.prototype;
  // oxlint-disable-next-line typescript/unbound-method -- called below with the layer it belongs to
  const apply = prototype.apply;
  const restore = refuseLayerSlips(running);
  prototype.apply = function (this: Layer, ...parameters: Parameters<typeof apply>) {
    running.push({ layer: this, wasBuilt: this.built });
    try {
      return apply.apply(this, parameters);
    } catch (cause) {
      if (cause instanceof GanglionError) throw cause; // it knows its place: the innermost layer has thrown it
      const network = running.map(({ layer }) => names.get(layer)).find((name) => name !== undefined);
      const where = `layer ${layerText(this)}${network === undefined ? "" : ` of the ${network}`}`;
      const message = `${where}, given ${inputText(parameters[0])}: ${oneLine(messageOf(cause))}`;
      throw new GanglionError("MODEL", message, { cause });
    } finally {
      running.pop();
    }
  };
  try {
    return body();
  } finally {
    prototype.apply = apply;
    restore();
  }
}

/** Runs a user's function so that the stack of what it throws reaches back to it, through all of tfjs. */
export function withLongStacks<T>(fn: () => T): T {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  try {
    return fn();
  } finally {
    Error.stackTraceLimit = usual;
  }
}

/** `message (my-gan.ts:12)`: the line of `file` where an error began, when its stack knows it. */
export function placedMessage(file: string, error: unknown): string {
  const message = withRemedy(oneLine(messageOf(error)));
  const line = lineIn(file, error);
  return line === null ? message : `${message} (${basename(file)}:${line})`;
}

/** Runs a part of the module `file`, if there is one: a GanglionError then says in which line it began. */
export function placingErrors<T>(file: string | null, fn: () => T): T {
  try {
    return withLongStacks(fn);
  } catch (cause) {
    if (file === null || !(cause instanceof GanglionError)) throw cause;
    if (cause.message.includes(`(${basename(file)}:`)) throw cause; // it is said already
    throw new GanglionError(cause.code, placedMessage(file, cause), { cause: cause.cause ?? cause });
  }
}

function lineIn(file: string, error: unknown): string | null {
  const places = [file, pathToFileURL(file).pathname]; // as jiti and as Node name it in a stack
  const causes: Error[] = [];
  for (let at = error; at instanceof Error; at = at.cause) causes.unshift(at);
  for (const at of causes) {
    // the first cause first: within a layer of the user's own, its line and not that of its use
    for (const frame of at.stack?.split("\n") ?? []) {
      const [, place, line] = /^\s+at .*?(\/[^()]*):(\d+):\d+\)?$/.exec(frame) ?? [];
      if (places.some((known) => place?.endsWith(known))) return line;
    }
  }
  return null;
}

/** Some messages bring a list of files with them; a sentence needs only what it is about. */
export function oneLine(message: string): string {
  return message.replace(/\s*Require stack:[\s\S]*$/, "").replace(/\s+/g, " ").trim(); // prettier-ignore
}

/** A layer's name and class. */
export function layerText(layer: Layer): string {
  const kind = classText(layer);
  if (kind !== "Reshape") return `${layer.name} (${kind})`;
  const { targetShape } = layer.getConfig() as unknown as { readonly targetShape: (number | null)[] };
  return `${layer.name} (Reshape to ${shapeText(targetShape)})`; // the one whose own message says no shape
}

function inputText(inputs: LayerInputs): string {
  const list = [inputs].flat() as (tf.Tensor | SymbolicTensor | null | undefined)[];
  return list.map((input) => (input?.shape ? shapeText(input.shape) : typeof input)).join(" and ");
}
