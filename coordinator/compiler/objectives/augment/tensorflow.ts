// The tfjs that augmentation is written with: a model context's, whose draws and gradients belong to the traced step.
import type * as tf from "@tensorflow/tfjs-core";

export type Tensorflow = Omit<typeof tf, "default">;
export type Tensor = tf.Tensor;

/** [B], one number of each sample, as a tensor that multiplies images [B, H, W, C]. */
export function toEachImage(tf: Tensorflow, numbers: Tensor): Tensor {
  return tf.reshape(numbers, [-1, 1, 1, 1]);
}

/** Whole numbers 0 … n - 1, each as likely, of numbers drawn from [0, 1). */
export function wholeNumbers(tf: Tensorflow, drawn: Tensor, n: number): Tensor {
  return tf.minimum(tf.floor(tf.mul(drawn, n)), n - 1); // a product just below n may be rounded up to it
}
