// The tfjs that our layers are made with: the run's own, or that of whoever loads a saved network elsewhere.
import type * as core from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";

/** tfjs core and layers under one name. Layers are classes of this copy, and compute with its ops. */
export type Tfjs = Omit<typeof core, "default"> & Omit<typeof tfl, "default">;

export type Layer = tfl.layers.Layer;
export type LayerVariable = Layer["weights"][number];
export type Shape = (number | null)[];

/** What every layer of tf.layers takes. */
export interface LayerArgs {
  /** Of the first layer of a network: the shape of a sample. */
  inputShape?: Shape;
  batchInputShape?: Shape;
  name?: string;
  trainable?: boolean;
}

/** A class of layers, as tfjs registers it. */
export type LayerClass<Args> = (new (args: Args) => Layer) & { readonly className: string };

/** Something of `tf.initializers`. */
export type Initializer = ReturnType<Tfjs["initializers"]["zeros"]>;
/** An initializer, or the name of one of tfjs's. */
export type InitializerIdentifier = Initializer | string;

/** What tfjs keeps of a layer in a saved model. */
export type Config = core.serialization.ConfigDict;

/** Our classes are registered with this in front, since users have a SpectralNorm or PixelNorm of their own. */
const PREFIX = "Ganglion";

/** `spectral_norm_1` for what tfjs calls a layer of ours that is given no name, `ganglion_spectral_norm_GanglionSpectralNorm1`. */
export function shortName(name: string): string {
  const [, kind, number] =
    new RegExp(`^${PREFIX.toLowerCase()}_(\\w+)_${PREFIX}\\w*?(\\d+)$`).exec(name) ?? [];
  return kind === undefined ? name : `${kind}_${number}`;
}

/** The shape of a layer's one input. */
export function oneShape(shape: Shape | Shape[]): Shape {
  return Array.isArray(shape[0]) ? shape[0] : (shape as Shape);
}

/** A layer's one input. */
export function oneTensor(inputs: core.Tensor | core.Tensor[]): core.Tensor {
  return Array.isArray(inputs) ? inputs[0] : inputs;
}

/** The shapes of a layer that takes `names.length` inputs; a plain Error where it is given another number of them. */
export function shapesOf(shape: Shape | Shape[], names: readonly string[]): Shape[] {
  const shapes = Array.isArray(shape[0]) ? (shape as Shape[]) : [shape as Shape];
  if (shapes.length !== names.length)
    throw new Error(
      `it takes ${names.length} inputs and is given ${shapes.length}: apply it to [${names.join(", ")}]`,
    );
  return shapes;
}

/** The size of an axis that a weight depends on; a plain Error where it is not known. */
export function knownSize(shape: Shape, axis: number): number {
  const size = shape.at(axis);
  if (typeof size === "number") return size;
  const known = shape.map((one) => one ?? "?").join(", ");
  throw new Error(`its input has shape [${known}], and the size of the last axis has to be known`);
}
