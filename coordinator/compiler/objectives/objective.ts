// What a step minimizes: the GAN losses where a module brings none of its own, or a classifier's.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import type { LossContext } from "../models/users/model-context.ts";

/** Scalars: what each network minimizes, and what else is worth watching. */
export interface Objective {
  readonly losses: Partial<Readonly<Record<NetworkName, tf.Tensor>>>;
  readonly metrics: Readonly<Record<string, tf.Tensor>>;
}

/** Which networks have labels as their second input. */
export type Conditioned = Readonly<Record<"generator" | "discriminator", boolean>>;

/**
 * The GAN of Goodfellow et al. 2014 with the non-saturating generator loss, on logits. A network that takes labels
 * gets those of the real samples; where D has several outputs, or one for each patch, every output counts the same.
 */
export function ganObjective(
  { generator, discriminator, samples, noise, labels }: LossContext,
  conditioned: Conditioned,
): Objective {
  const condition = (network: keyof Conditioned): tf.Tensor[] => (conditioned[network] ? [labels!] : []);
  const judge = (images: tf.Tensor): tf.Tensor[] =>
    listOf(discriminator(images, ...condition("discriminator")));
  const [fake] = listOf(generator(noise, ...condition("generator"))); // [B, H, W, C]
  const real = judge(samples); // [B, 1] each
  const faked = judge(fake);
  return {
    losses: {
      discriminator: mean(real.map((logits, i) => discriminatorLoss(logits, faked[i]))),
      generator: mean(faked.map((logits) => generatorLoss(logits))),
    },
    metrics: { "score/real": meanScore(real), "score/fake": meanScore(faked) },
  };
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

/**
 * Binary cross-entropy of D, the mean of its real and fake halves (Goodfellow et al. 2014, eq. 1), on logits [B, 1]:
 *
 *   ½ · mean(softplus(-D(x))) + ½ · mean(softplus(D(G(z))))
 */
function discriminatorLoss(realLogits: tf.Tensor, fakeLogits: tf.Tensor): tf.Tensor {
  return tf.mul(0.5, tf.add(tf.mean(tf.softplus(tf.neg(realLogits))), tf.mean(tf.softplus(fakeLogits))));
}

/** The non-saturating loss of G (Goodfellow et al. 2014, §3), on logits [B, 1]: mean(softplus(-D(G(z)))). */
function generatorLoss(fakeLogits: tf.Tensor): tf.Tensor {
  return tf.mean(tf.softplus(tf.neg(fakeLogits)));
}

/** -Σ label · log p, averaged over the batch; p [B, classes] is kept off 0 and 1 by 1e-7, as in Keras. */
function categoricalCrossEntropy(labels: tf.Tensor, probabilities: tf.Tensor): tf.Tensor {
  const clipped = tf.clipByValue(probabilities, 1e-7, 1 - 1e-7);
  return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.log(clipped)), -1)));
}

/** How real D finds the images, 0 … 1, on average. */
function meanScore(logits: readonly tf.Tensor[]): tf.Tensor {
  return mean(logits.map((output) => tf.mean(tf.sigmoid(output))));
}

function mean(scalars: tf.Tensor[]): tf.Tensor {
  return scalars.length === 1 ? scalars[0] : tf.div(tf.addN(scalars), scalars.length);
}

function listOf(outputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
  return Array.isArray(outputs) ? outputs : [outputs];
}
