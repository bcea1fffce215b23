// A GAN with a bit of everything in it: convolutions, batch normalization, tanh; a few hundred weights.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../../coordinator/compiler/models/users/model-context.ts";

/** z [Z] -> [6, 6, 2] */
export function generator({ tf, imageShape, latentSize }: ModelContext): LayersModel {
  const [height, width, channels] = imageShape;
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: (height / 2) * (width / 2) * 3, inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: [height / 2, width / 2, 3] }),
      tf.layers.batchNormalization(),
      tf.layers.activation({ activation: "tanh" }),
      tf.layers.conv2dTranspose({
        filters: channels,
        kernelSize: 4,
        strides: 2,
        padding: "same",
        activation: "tanh",
      }),
    ],
  });
}

/** [6, 6, 2] -> one logit */
export function discriminator({ tf, imageShape }: ModelContext): LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 3,
        kernelSize: 4,
        strides: 2,
        padding: "same",
        inputShape: [...imageShape],
      }),
      tf.layers.leakyReLU({ alpha: 0.2 }),
      tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "tanh" }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 1 }),
    ],
  });
}
