// How ADA finds its p: up while D is too sure of real images, else down (Karras et al. 2020, §3.1 and §3.2).
import type { Tensor, Tensorflow } from "../tensorflow.ts";

/** Rounds of D from one decision to the next. */
export const DECISION_ROUNDS = 4;

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
  /** How far p moves in a decision. */
  readonly move: number;
}

/** p goes from 0 to 1 in `images` real images, if every decision says so; `batch` is that of one round. */
export function moveOf(batch: number, images: number): number {
  return (DECISION_ROUNDS * batch) / images;
}

/** r of one round's real images: the mean over every output that D has for them. */
export function meanSign(tf: Tensorflow, logits: readonly Tensor[]): Tensor {
  const each = logits.map((output) => tf.mean(tf.sign(output)));
  return each.length === 1 ? each[0] : tf.div(tf.addN(each), each.length);
}

/**
 * What a round begins with. A decision waits for the round after its last sign: then the sum is the mean over all
 * shards, whatever part of the batch this one sees.
 */
export function decided(tf: Tensorflow, state: AdaptiveState, { target, move }: AdaptiveRule): AdaptiveState {
  const { probability, signs, rounds } = state;
  const isDue = tf.greaterEqual(rounds, DECISION_ROUNDS);
  const direction = tf.sign(tf.sub(tf.div(signs, DECISION_ROUNDS), target));
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
