// How ADA finds its p: up while D is too sure of real images, else down (Karras et al. 2020, §3.1 and §3.2).
import type { Tensor, Tensorflow } from "../tensorflow.ts";

/** Scalars that go from one round of D to the next. */
export interface AdaptiveState {
  /** p, 0 … 1. */
  readonly probability: Tensor;
  /** Of the rounds since the last decision: the sum of r = E[sign(D(real))], -1 … 1 each. */
  readonly signs: Tensor;
  /** How many those are. */
  readonly rounds: Tensor;
}

export interface AdaptiveRule {
  /** Of r, where D is as sure as it should be. */
  readonly target: number;
  /** Rounds of D from one decision to the next. */
  readonly every: number;
  /** How far p moves in a decision. */
  readonly move: number;
}

/** p goes from 0 to 1 in `images` real images, if every decision says so; `batch` is that of one round. */
export function moveOf(every: number, batch: number, images: number): number {
  return Math.min(1, (every * batch) / images);
}

/**
 * r of one round's real images: the mean of sign(D(x) - boundary), over every output that D has. At the boundary an image
 * is as likely real as generated: 0 for logits.
 */
export function meanSign(tf: Tensorflow, outputs: readonly Tensor[], boundary = 0): Tensor {
  const each = outputs.map((output) => tf.mean(tf.sign(boundary === 0 ? output : tf.sub(output, boundary))));
  return each.length === 1 ? each[0] : tf.div(tf.addN(each), each.length);
}

/**
 * What a round begins with. A decision waits for the round after its last sign: then the sum is the mean over all
 * shards, whatever part of the batch this one sees.
 */
export function decided(
  tf: Tensorflow,
  state: AdaptiveState,
  { target, every, move }: AdaptiveRule,
): AdaptiveState {
  const { probability, signs, rounds } = state;
  const isDue = tf.greaterEqual(rounds, every);
  const direction = tf.sign(tf.sub(tf.div(signs, every), target));
  const moved = tf.clipByValue(tf.add(probability, tf.mul(direction, move)), 0, 1);
  return {
    probability: tf.where(isDue, moved, probability),
    signs: tf.where(isDue, tf.zerosLike(signs), signs),
    rounds: tf.where(isDue, tf.zerosLike(rounds), rounds),
  };
}

/** What a round leaves to the next. */
export function observed(
  tf: Tensorflow,
  { probability, signs, rounds }: AdaptiveState,
  sign: Tensor,
): AdaptiveState {
  return { probability, signs: tf.add(signs, sign), rounds: tf.add(rounds, 1) };
}
