// What a layer holds in its properties: other layers, models, variables, in arrays, maps and objects too.
import * as tf from "@tensorflow/tfjs-core";
import { LayerVariable, SymbolicTensor, layers } from "@tensorflow/tfjs-layers";

type Layer = layers.Layer;

/** A weight with the way to it. */
export interface HeldVariable {
  readonly variable: tf.Variable;
  /** What tf.layers keeps the variable in; absent where the user's code called `tf.variable`. */
  readonly layerVariable?: LayerVariable;
  /** E.g. `["blocks.0-dense", "kernel"]`. */
  readonly path: readonly string[];
  /** The layers on the way, outermost first, the root included. */
  readonly layers: readonly Layer[];
}

/** Of tf.layers' own bookkeeping: what leads out of the layer, and the weights, which are listed first. */
const BOOKKEEPING = new Set([
  "inboundNodes",
  "outboundNodes",
  "inputSpec",
  "initialWeights",
  "_trainableWeights",
  "_nonTrainableWeights",
  "_losses",
  "_updates",
  "_callHook",
]);

/** A user's layer may lead anywhere, the whole of tfjs included. */
const MOST_OBJECTS = 20_000;

interface Visit {
  readonly value: unknown;
  /** Of the layers so far. */
  readonly path: readonly string[];
  /** Property names since the last layer. */
  readonly keys: readonly string[];
  readonly layers: readonly Layer[];
}

/** Every variable that properties lead to from `root`, the nearest first, each once. Private fields (`#inner`) lead nowhere. */
export function heldVariables(root: Layer): Map<tf.Variable, HeldVariable> {
  const found = new Map<tf.Variable, HeldVariable>();
  const seen = new Set<unknown>();
  const add = (held: HeldVariable): void => {
    if (!found.has(held.variable)) found.set(held.variable, held);
  };
  const queue: Visit[] = [{ value: root, path: [], keys: [], layers: [] }];
  for (const { value, path, keys, layers: around } of queue) {
    if (seen.has(value) || seen.size > MOST_OBJECTS) continue;
    seen.add(value);
    if (value instanceof LayerVariable) {
      const variable = valueOf(value);
      add({ variable, layerVariable: value, path: [...path, keys.join(".")], layers: around });
    } else if (value instanceof tf.Variable) {
      add({ variable: value, path: [...path, keys.join(".")], layers: around });
    } else if (value instanceof layers.Layer) {
      const own = value === root ? [] : [`${keys.join(".")}-${kindOf(value)}`];
      const inside = { path: [...path, ...own], layers: [...around, value] };
      for (const layerVariable of ownWeights(value)) {
        const variable = valueOf(layerVariable);
        add({ ...inside, variable, layerVariable, path: [...inside.path, ownName(layerVariable)] });
      }
      for (const [key, child] of childrenOfLayer(value))
        if (isOpen(child)) queue.push({ ...inside, value: child, keys: [key] });
    } else {
      for (const [key, child] of childrenOf(value as object))
        if (isOpen(child)) queue.push({ value: child, path, keys: [...keys, key], layers: around });
    }
  }
  return found;
}

/** A layer's class; the JavaScript one where a user's class has no className. */
export function classNameOf(layer: Layer): string {
  const className: string | undefined = layer.getClassName();
  return className ?? (layer.constructor.name || "Layer");
}

/** A layer's class as it stands in the names of weights. */
export function kindOf(layer: Layer): string {
  return shortClass(layer).toLowerCase();
}

/** A layer's class for people: `Conv2D`, or `SpectralNorm of Conv2D`. */
export function classText(layer: Layer): string {
  const { isKernelWrapper, layer: inner } = layer as unknown as Partial<Readonly<Record<string, unknown>>>;
  return isKernelWrapper === true
    ? `${shortClass(layer)} of ${classText(inner as Layer)}`
    : shortClass(layer);
}

/** Without what our own classes are registered with in front. */
function shortClass(layer: Layer): string {
  return classNameOf(layer).replace(/^Ganglion(?=[A-Z])/, "");
}

/** Also of one that is disposed. */
function valueOf(layerVariable: LayerVariable): tf.Variable {
  return (layerVariable as unknown as { readonly val: tf.Variable }).val;
}

/** `kernel` of `dense_Dense1/kernel`. */
export function ownName({ originalName }: LayerVariable): string {
  return originalName.split("/").at(-1)!;
}

function ownWeights(layer: Layer): LayerVariable[] {
  const { _trainableWeights: trained, _nonTrainableWeights: others } = layer as unknown as {
    readonly _trainableWeights: LayerVariable[];
    readonly _nonTrainableWeights: LayerVariable[];
  };
  return [...trained, ...others].filter((variable) => variable instanceof LayerVariable);
}

/** A model's layers go by position, whatever else it keeps. */
function childrenOfLayer(layer: Layer): [string, unknown][] {
  if ("layers" in layer && Array.isArray(layer.layers) && "inputLayers" in layer)
    return layer.layers.map((inner, position) => [String(position).padStart(2, "0"), inner]);
  return childrenOf(layer).filter(([key]) => !BOOKKEEPING.has(key));
}

/** Values of data properties only: a getter is code. */
function childrenOf(value: object): [string, unknown][] {
  if (value instanceof Map)
    return [...(value as Map<unknown, unknown>)].map(([key, child], i) => [
      typeof key === "string" || typeof key === "number" ? plain(String(key)) : String(i),
      child,
    ]);
  if (value instanceof Set) return [...(value as Set<unknown>)].map((child, i) => [String(i), child]);
  return Object.entries(Object.getOwnPropertyDescriptors(value)).map(([key, property]) => [
    plain(key),
    property.value as unknown,
  ]);
}

function plain(key: string): string {
  return key.replace(/[^\w-]/g, "_");
}

/** Whether there may be something inside. */
function isOpen(value: unknown): boolean {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  if (value instanceof tf.Variable) return true;
  return !(value instanceof tf.Tensor || value instanceof SymbolicTensor || value instanceof Promise);
}
