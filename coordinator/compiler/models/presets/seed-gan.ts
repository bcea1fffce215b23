// Presets `seed-gan` and `seed-gan-conv`: the networks this project's speed is measured on.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../users/model-context.ts";

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

/** [28, 28, 1] -> one logit: the variant `seed-gan-conv`, two 5×5 convolutions with stride 2. */
export function convolutionalDiscriminator({ tf, imageShape }: ModelContext): LayersModel {
  const { layers } = tf;
  const down = { kernelSize: 5, strides: 2, padding: "same" } as const;
  return tf.sequential({
    layers: [
      layers.conv2d({ ...down, filters: 64, inputShape: [...imageShape] }), // [14, 14, 64]
      layers.leakyReLU({ alpha: 0.2 }),
      layers.conv2d({ ...down, filters: 128 }), // [7, 7, 128]
      layers.leakyReLU({ alpha: 0.2 }),
      layers.flatten(),
      layers.dense({ units: 1 }),
    ],
  });
}
