// Keeps long work from holding up what else the process does: it pauses when it has worked for a while.
import { setImmediate, setTimeout } from "node:timers/promises";

/** So long it works at a time. */
const SLICE_MS = 4;

export class Pace {
  readonly #pauseMs: number;
  #since = performance.now();

  /** `pauseMs`: how long it pauses after each 4 ms; 0 lets in only what is waiting already. */
  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** To be called often. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await (this.#pauseMs > 0 ? setTimeout(this.#pauseMs, undefined, { ref: false }) : setImmediate());
    this.#since = performance.now();
  }
}
