// Preset `seed-gan`: the networks this project's speed is measured on.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "./model-context.ts";

/** z [Z] -> [28, 28, 1] in [-1, 1]: three 5×5 transposed convolutions of 128 channels. */
export function generator({ tf, latentSize }: ModelContext): LayersModel {
  const { layers } = tf;
  const transposed = (strides: number) =>
    layers.conv2dTranspose({ filters: 128, kernelSize: 5, strides, padding: "same" });
  return tf.sequential({
    layers: [
      layers.dense({ units: 7 * 7 * 128, activation: "relu", inputShape: [latentSize] }),
      layers.reshape({ targetShape: [7, 7, 128] }),
      transposed(1),
      layers.leakyReLU({ alpha: 0.2 }),
      transposed(2),
      layers.leakyReLU({ alpha: 0.2 }),
      transposed(2),
      layers.leakyReLU({ alpha: 0.2 }),
      layers.conv2d({ filters: 1, kernelSize: 5, padding: "same", activation: "tanh" }),
    ],
  });
}

/** [28, 28, 1] -> one logit: the sigmoid is part of the loss. */
export function discriminator({ tf, imageShape }: ModelContext): LayersModel {
  const { layers } = tf;
  return tf.sequential({
    layers: [
      layers.flatten({ inputShape: [...imageShape] }),
      layers.dense({ units: 128 }),
      layers.leakyReLU({ alpha: 0.2 }),
      layers.dense({ units: 1 }),
    ],
  });
}
