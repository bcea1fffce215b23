// Instance noise: what D cannot tell apart under noise, it need not be sure of (Sønderby et al. 2017).
import type * as tf from "@tensorflow/tfjs-core";
import type { Tensorflow } from "../../models/users/model-context.ts";

/** x + σ · n, n standard normal, drawn anew for all images that D sees. */
export function withNoise(tfjs: Tensorflow, images: tf.Tensor, stddev: number | tf.Scalar): tf.Tensor {
  return tfjs.add(images, tfjs.mul(tfjs.randomNormal(images.shape), stddev));
}
