// `ganglion/layers`: these layers for whoever's TensorFlow.js, to load networks that have them or to build others.
import { type GanInitializers, type GanLayers, ganInitializers, ganLayers } from "./layers.ts";
import type { Tfjs } from "./tfjs.ts";

export type { GanInitializers, GanLayers };

/** TensorFlow.js, core and layers in one, as `@tensorflow/tfjs` is. Its types may be of another copy than this package's. */
export interface AnyTensorflow {
  readonly layers: object;
  readonly serialization: object;
}

/**
 * Makes the classes for this copy of TensorFlow.js and registers them with it: then `tf.loadLayersModel` opens networks
 * which have such layers. What it returns makes new ones.
 */
export function registerLayers(tf: AnyTensorflow): {
  readonly layers: GanLayers;
  readonly initializers: GanInitializers;
} {
  if (!("Layer" in tf.layers) || !("customGrad" in tf))
    throw new TypeError(
      'registerLayers takes TensorFlow.js, core and layers in one: import * as tf from "@tensorflow/tfjs"',
    );
  const own = tf as unknown as Tfjs;
  return { layers: ganLayers(own), initializers: ganInitializers(own) };
}
