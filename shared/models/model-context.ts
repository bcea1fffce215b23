// What a model builder is given, so that a user's module imports nothing and there is one tfjs.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";

/** tfjs core and layers under one name, as in the `@tensorflow/tfjs` package. */
export type Tensorflow = Omit<typeof tf, "default"> & Omit<typeof tfl, "default">;

export interface ModelContext {
  readonly tf: Tensorflow;
  /** [H, W, C] of the data set. */
  readonly imageShape: readonly [number, number, number];
  /** Z, the length of a noise vector. */
  readonly latentSize: number;
  /** Classes of the labels; 0 without labels. */
  readonly classes: number;
}

/** `tf.layers` networks by name: a generator and a discriminator, or a classifier. */
export type Builder = (context: ModelContext) => tfl.LayersModel;

export function tensorflow(): Tensorflow {
  return { ...tf, ...tfl };
}
