// Preset `seed-cnn`: a small image classifier.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../users/model-context.ts";

/** [H, W, C] -> class probabilities. */
export function classifier({ tf, imageShape, classes }: ModelContext): LayersModel {
  const { layers } = tf;
  return tf.sequential({
    layers: [
      layers.conv2d({ filters: 32, kernelSize: 3, activation: "relu", inputShape: [...imageShape] }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 64, kernelSize: 3, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 128, activation: "relu" }),
      layers.dense({ units: classes, activation: "softmax" }),
    ],
  });
}
