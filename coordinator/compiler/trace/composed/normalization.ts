// Batch normalization off the last axis, which executors do not know: made of arithmetic.
import * as tf from "@tensorflow/tfjs-core";
import type { Compositions } from "./compose.ts";

export const NORMALIZATION: Compositions = {
  /** tfjs's CPU kernel takes mean and variance to be the last axis's, whatever their shape: only there it is right. */
  FusedBatchNorm: (inputs, attributes, backend) => {
    const { x, mean, variance, offset, scale } = inputs as tf.NamedTensorMap;
    const channels = x.shape.at(-1)!;
    if (mean.shape.at(-1) === channels && tf.util.sizeFromShape(mean.shape) === channels)
      return backend.record("FusedBatchNorm", inputs, attributes);
    const inverse = tf.rsqrt(tf.add(variance, attributes["varianceEpsilon"] as number));
    const normalized = tf.mul(tf.sub(x, mean), inverse);
    const scaled = scale ? tf.mul(normalized, scale) : normalized;
    return offset ? tf.add(scaled, offset) : scaled;
  },
};
