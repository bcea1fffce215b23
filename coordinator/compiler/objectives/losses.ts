// Losses, as plain tfjs functions of logits or probabilities.
import * as tf from "@tensorflow/tfjs-core";

/**
 * Binary cross-entropy of D, the mean of its real and fake halves (Goodfellow et al. 2014, eq. 1), on logits [B, 1]:
 *
 *   ½ · mean(softplus(-D(x))) + ½ · mean(softplus(D(G(z))))
 */
export function discriminatorLoss(realLogits: tf.Tensor, fakeLogits: tf.Tensor): tf.Tensor {
  return tf.mul(0.5, tf.add(tf.mean(tf.softplus(tf.neg(realLogits))), tf.mean(tf.softplus(fakeLogits))));
}

/** The non-saturating loss of G (Goodfellow et al. 2014, §3), on logits [B, 1]: mean(softplus(-D(G(z)))). */
export function generatorLoss(fakeLogits: tf.Tensor): tf.Tensor {
  return tf.mean(tf.softplus(tf.neg(fakeLogits)));
}

/** -Σ label · log p, averaged over the batch; p [B, classes] is kept off 0 and 1 by 1e-7, as in Keras. */
export function categoricalCrossEntropy(labels: tf.Tensor, probabilities: tf.Tensor): tf.Tensor {
  const clipped = tf.clipByValue(probabilities, 1e-7, 1 - 1e-7);
  return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.log(clipped)), -1)));
}
