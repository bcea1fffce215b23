// A GAN of 3,041 weights on images of 8×8: a step takes a few milliseconds, so that many of them fit in an hour.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../../coordinator/compiler/models/users/model-context.ts";

/** z [30] -> [8, 8, 1]: 64 × 31 weights */
export function generator({ tf, imageShape, latentSize }: ModelContext): LayersModel {
  const pixels = imageShape.reduce((product, dimension) => product * dimension, 1);
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: pixels, activation: "tanh", inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: [...imageShape] }),
    ],
  });
}

/** [8, 8, 1] -> one logit: 16 × 65 + 17 weights */
export function discriminator({ tf, imageShape }: ModelContext): LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [...imageShape] }),
      tf.layers.dense({ units: 16, activation: "tanh" }),
      tf.layers.dense({ units: 1 }),
    ],
  });
}
