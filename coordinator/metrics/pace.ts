// How a long computation stays polite: it reports progress, can be cancelled, and lets the event loop turn.

/** Who watches a long computation. */
export interface Watch {
  /** Ends it with the signal's reason within about 50 ms. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the fraction done, 0 … 1, rising, about every 50 ms and at the end. */
  readonly progress?: ((fraction: number) => void) | undefined;
}

/** Milliseconds that a computation holds the event loop, about. */
const HELD_MS = 50;

/**
 * Counts work done. A loop calls `if (pace.did(work)) await pace.rest()` after each piece; pieces should take less than
 * 10 ms. Rests change when a result comes, never what it is.
 */
export class Pace {
  readonly #watch: Watch;
  readonly #total: number;
  #done = 0;
  #since = performance.now();

  /** @param total all the work to come, in any unit: multiplications, rows */
  constructor(watch: Watch | undefined, total: number) {
    this.#watch = watch ?? {};
    this.#total = total;
    this.#watch.signal?.throwIfAborted();
  }

  /** Adds `work` to what is done; whether it is time to rest. */
  did(work: number): boolean {
    this.#done += work;
    return performance.now() - this.#since >= HELD_MS;
  }

  /** Reports, and lets everything else run that waits. @throws the signal's reason once it is aborted */
  async rest(): Promise<void> {
    this.#watch.progress?.(Math.min(this.#done / this.#total, 1));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#watch.signal?.throwIfAborted();
    this.#since = performance.now();
  }

  /** Reports that all is done, however much was announced. */
  finish(): void {
    this.#watch.progress?.(1);
  }
}

/** A watch that reports into the part `from … to` of another's progress: for computations made of several. */
export function partOf(watch: Watch | undefined, from: number, to: number): Watch {
  return {
    signal: watch?.signal,
    progress: (fraction) => watch?.progress?.(from + fraction * (to - from)),
  };
}
