// What a step minimizes, and what a classifier does.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";

/** Scalars: what each network minimizes, and what else is worth watching. */
export interface Objective {
  readonly losses: Partial<Readonly<Record<NetworkName, tf.Tensor>>>;
  /** Watched where D (or the classifier) learns. */
  readonly metrics: Readonly<Record<string, tf.Tensor>>;
  /** Parts of one network's loss, watched where that network learns. */
  readonly own?: Partial<Readonly<Record<NetworkName, Readonly<Record<string, tf.Tensor>>>>>;
}

/** Cross-entropy of the class probabilities. */
export function classifierObjective(
  classifier: LayersModel,
  samples: tf.Tensor,
  labels: tf.Tensor,
): Objective {
  const probabilities = classifier.apply(samples, { training: true }) as tf.Tensor; // [B, classes]
  return { losses: { classifier: categoricalCrossEntropy(labels, probabilities) }, metrics: {} };
}

/** -Σ label · log p, averaged over the batch; p [B, classes] is kept off 0 and 1 by 1e-7, as in Keras. */
function categoricalCrossEntropy(labels: tf.Tensor, probabilities: tf.Tensor): tf.Tensor {
  const clipped = tf.clipByValue(probabilities, 1e-7, 1 - 1e-7);
  return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.log(clipped)), -1)));
}
