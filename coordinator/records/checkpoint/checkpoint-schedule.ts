// When a checkpoint is due: every so many steps, and where steps are slow, every so many minutes.
import type { RunConfig } from "../../../shared/config/config.ts";

/** The time decides only when a file is written, never what the weights become. */
export class CheckpointSchedule {
  readonly #steps: number;
  readonly #milliseconds: number;
  readonly #now: () => number;
  #writtenAt: number;

  /** `now` is in milliseconds, and never goes back. */
  constructor(
    { checkpointEvery, checkpointMinutes }: Pick<RunConfig, "checkpointEvery" | "checkpointMinutes">,
    now: () => number = () => performance.now(),
  ) {
    this.#steps = checkpointEvery;
    this.#milliseconds = checkpointMinutes * 60_000;
    this.#now = now;
    this.#writtenAt = now();
  }

  /** Asked after `step`, of which the first is 1. */
  isDue(step: number): boolean {
    return step % this.#steps === 0 || this.#now() - this.#writtenAt >= this.#milliseconds;
  }

  /** The minutes count from here. */
  written(): void {
    this.#writtenAt = this.#now();
  }
}
