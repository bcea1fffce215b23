// What every optimizer is: a pure rule over flat vectors, written in place; the vectors belong to the caller.

/** One update of the weights `start` … `end - 1`; all vectors are [P] of one network. */
export interface RuleStep {
  /** Version v. */
  readonly weights: Float32Array;
  /** The sum over the shards. */
  readonly gradient: Float32Array;
  /** Version v + 1 is written here; may be `weights` itself. */
  readonly next: Float32Array;
  readonly start: number;
  readonly end: number;
  /** Makes the sum a mean, and that one as short as clipping by norm wants it. */
  readonly scale: number;
  /** Of every |mean|: clipping by value; Infinity where there is none. */
  readonly bound: number;
  /** λ, or 0. */
  readonly l2: number;
  /** What decoupled decay leaves of a weight: 1 - rate · decay. */
  readonly keep: number;
  /** The learning rate of this step. */
  readonly rate: number;
  /** Updates so far, this one included. */
  readonly t: number;
}

/** Vectors [P] by name; they start as zeros. */
export type Moments = Readonly<Record<string, Float32Array>>;

/**
 * How a kind of optimizer computes version v + 1 from version v. The same step and moments give the same bits; nothing
 * else is read or written, and nothing allocated.
 */
export interface UpdateRule {
  /** Names of the moments that it keeps; checkpoints have them. */
  readonly moments: readonly string[];
  apply(step: RuleStep, moments: Moments): void;
}

/**
 * The gradient that a rule sees, of the sum's `value` and the weight w:
 *
 *   g = clip(value · scale) + λ·w
 *
 * In the order of PyTorch's clip_grad_norm_ and step: the mean is clipped, then L2 is added, so that a long gradient
 * does not weaken the pull on the weights. (Keras has L2 in the loss, and clips their sum.)
 */
export function gradientOf(value: number, weight: number, { scale, bound, l2 }: RuleStep): number {
  const mean = value * scale;
  const clipped = mean > bound ? bound : mean < -bound ? -bound : mean;
  return clipped + l2 * weight;
}
