// The interface of an optimizer's rule: pure, over flat vectors of the caller, in place.
import type { ImagesUsed } from "../../../shared/config/scheduled.ts";

/** One update of all weights; all vectors are [P] of one network. */
export interface RuleStep {
  /** Version v. */
  readonly weights: Float32Array;
  /** Of the loss, and of L2 where there is some, once it is multiplied by `scale`. */
  readonly gradient: Float32Array;
  /** Version v + 1 is written here; may be `weights` itself. */
  readonly next: Float32Array;
  readonly scale: number;
  /** What decoupled decay leaves of a weight: 1 - rate · decay, as in PyTorch and Keras (the paper leaves the base rate out). */
  readonly keep: number;
  /** The learning rate of this step. */
  readonly rate: number;
  /** Updates so far, this one included. */
  readonly t: number;
}

/** Vectors [P] by name; they start as zeros. */
export type Moments = Readonly<Record<string, Float32Array>>;

/**
 * How a kind of optimizer computes version v + 1 from version v: a loop, as data. The same step and moments give the
 * same bits; the loop reads and writes nothing else.
 */
export interface UpdateRule<Loop> {
  /** Names of the moments that it keeps; checkpoints have them. */
  readonly moments: readonly string[];
  loop(step: RuleStep, moments: Moments, at: ImagesUsed): Loop;
}
