// The smallest GAN that is one, for tests of what surrounds it: a few dozen weights, with moving statistics.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../../coordinator/compiler/models/users/model-context.ts";

/** z [Z] -> [H, W, C] */
export function generator({ tf, imageShape, latentSize }: ModelContext): LayersModel {
  const pixels = imageShape.reduce((product, dimension) => product * dimension, 1);
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: pixels, inputShape: [latentSize] }),
      tf.layers.batchNormalization(),
      tf.layers.reshape({ targetShape: [...imageShape] }),
    ],
  });
}

/** [H, W, C] -> one logit */
export function discriminator({ tf, imageShape }: ModelContext): LayersModel {
  return tf.sequential({
    layers: [tf.layers.flatten({ inputShape: [...imageShape] }), tf.layers.dense({ units: 1 })],
  });
}
