// How large a quantity usually is, and of late: running geometric means, for what ranges over orders of magnitude.

/** Steps that the usual size looks back on: long beside a bad minute, short beside a run. */
const USUAL_STEPS = 500;

/** Steps that the recent size looks back on: a batch or two that are unlike the others do not move it much. */
const RECENT_STEPS = 20;

/** No value moves a mean by more than its share of a factor of ten, so that neither a spike nor a zero decides it. */
const LARGEST_MOVE = Math.log(10);

/** Below the smallest float32: stands for 0, which has no logarithm. */
const NOTHING = 1e-46;

export class Trend {
  #count = 0;
  /** Nothing but zeros so far. */
  #isNothing = false;
  #usual = 0;
  #recent = 0;
  #highest = Number.NEGATIVE_INFINITY;

  /** Takes a value ≥ 0 in. */
  add(value: number): void {
    const log = Math.log(Math.max(value, NOTHING));
    if (this.#isNothing && value > 0) this.#count = 0; // a kernel behind zeros gets nothing in the first step: it begins now
    this.#isNothing = value <= 0 && (this.#count === 0 || this.#isNothing);
    this.#count++;
    this.#usual = moved(this.#usual, log, this.#count, USUAL_STEPS);
    this.#recent = moved(this.#recent, log, this.#count, RECENT_STEPS);
    if (this.#count >= RECENT_STEPS) this.#highest = Math.max(this.#highest, this.#recent);
  }

  /** Values so far. */
  get count(): number {
    return this.#count;
  }

  get usual(): number {
    return Math.exp(this.#usual);
  }

  get recent(): number {
    return Math.exp(this.#recent);
  }

  /** The largest that `recent` has been since there were enough values for it; 0 before. */
  get highest(): number {
    return Math.exp(this.#highest);
  }
}

/** The mean of all values while there are few, then an exponential one over `steps`. */
function moved(mean: number, log: number, count: number, steps: number): number {
  if (count === 1) return log;
  return mean + Math.max(-LARGEST_MOVE, Math.min(LARGEST_MOVE, log - mean)) / Math.min(count, steps);
}
