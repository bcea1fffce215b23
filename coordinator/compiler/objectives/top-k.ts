// Top-k training of the generator (Sinha et al. 2020): it learns from those of its images that D finds most real.
import * as tf from "@tensorflow/tfjs-core";

export interface TopK {
  /** D's outputs for the generated images of a shard, [B, 1] or [B, h, w, 1]; several where D has several. */
  readonly logits: readonly tf.Tensor[];
  /** The loss of each of these numbers for G. */
  readonly perFake: (logits: tf.Tensor) => tf.Tensor;
  /** Part of the shard, 0 … 1. */
  readonly part: number | tf.Scalar;
}

/**
 * The mean loss of the k images with the highest outputs; k is part · B, rounded, at least 1. An image's output and loss are
 * the means over its patches and D's outputs. Of equal ones the first in the shard goes before.
 *
 * Which images those are is no matter of gradients. The ranks are computed, not the images sorted out: so k can change from
 * step to step, and the program stays the same.
 */
export function topKLoss({ logits, perFake, part }: TopK): tf.Tensor {
  const [batch] = logits[0].shape;
  const output = meanOf(logits.map(perImage));
  const loss = meanOf(logits.map((one) => perImage(perFake(one))));
  const rank = ranksOf(output, batch);
  const k = tf.mul(part, batch);
  const chosen = tf.logicalOr(tf.less(tf.add(rank, 0.5), k), tf.less(rank, 0.5)); // half-way: 0.7 · 10 need not be 7
  const mask = tf.cast(chosen, "float32");
  return tf.div(tf.sum(tf.mul(mask, loss)), tf.sum(mask));
}

/** How many of the [B] numbers go before each: larger ones, and equal ones that stand earlier. */
function ranksOf(output: tf.Tensor, batch: number): tf.Tensor {
  const own = tf.reshape(output, [batch, 1]);
  const others = tf.reshape(output, [1, batch]);
  const earlier = tf.tensor2d(
    Float32Array.from({ length: batch * batch }, (_, at) => (at % batch < Math.floor(at / batch) ? 1 : 0)),
    [batch, batch],
  ); // [i, j]: whether j < i
  const larger = tf.cast(tf.greater(others, own), "float32");
  const equal = tf.cast(tf.equal(others, own), "float32");
  return tf.sum(tf.add(larger, tf.mul(equal, earlier)), 1); // [B]
}

/** [B, …] -> [B] */
function perImage(values: tf.Tensor): tf.Tensor {
  return tf.mean(tf.reshape(values, [values.shape[0], -1]), 1);
}

function meanOf(tensors: readonly tf.Tensor[]): tf.Tensor {
  return tensors.length === 1 ? tensors[0] : tf.div(tf.addN([...tensors]), tensors.length);
}
