// The small convolutional GAN with a discriminator of two outputs: a map of patches, and one number.
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../../coordinator/compiler/models/users/model-context.ts";

export { generator } from "./conv-gan.ts";

/** [6, 6, 2] -> [3, 3, 1] and one logit */
export function discriminator({ tf, imageShape }: ModelContext): LayersModel {
  const images = tf.input({ shape: [...imageShape] });
  const features = tf.layers
    .conv2d({ filters: 3, kernelSize: 4, strides: 2, padding: "same", activation: "tanh" })
    .apply(images) as SymbolicTensor;
  const patches = tf.layers.conv2d({ filters: 1, kernelSize: 3, padding: "same" }).apply(features);
  const whole = tf.layers.dense({ units: 1 }).apply(tf.layers.flatten().apply(features));
  return tf.model({ inputs: images, outputs: [patches as SymbolicTensor, whole as SymbolicTensor] });
}
