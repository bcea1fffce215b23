// How long to wait before a process that crashed is started again, and when to give up on it.
import { backOffMs } from "../../shared/async/back-off.ts";

/** The usual pause before a first restart; each further crash in a row doubles it: 10, 20, 40, 80 s. */
const FIRST_PAUSE_MS = 10_000;
/** The crash in a row after which a process is benched. */
export const CRASHES = 5;
/** A process that ran for so long counts its crashes anew. */
const STABLE_MS = 10 * 60_000;

/** Of one process. */
export class BackOff {
  readonly #firstMs: number;
  #crashes = 0;

  constructor(firstPauseMs = FIRST_PAUSE_MS) {
    this.#firstMs = firstPauseMs;
  }

  /** Counts a crash of a process that ran for so long; returns the pause, or null when it is to be benched. */
  crashed(ranMs: number): number | null {
    this.#crashes = ranMs >= STABLE_MS ? 1 : this.#crashes + 1;
    return this.#crashes >= CRASHES ? null : backOffMs(this.#crashes, { firstMs: this.#firstMs });
  }
}
