// Writes what comes in quick succession in one go: a run of fast steps has a line for each, and each write wakes threads.

/** From the end of one write to the beginning of the next, unless it is asked for. */
export const GATHER_MS = 200;

export class GatheredWrites {
  readonly #put: (text: string) => Promise<void>;
  #waiting: string[] = [];
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;

  /** `put` writes text behind what is there; one call at a time, and it never rejects. */
  constructor(put: (text: string) => Promise<void>) {
    this.#put = put;
  }

  /** Writes soon: at once where nothing was written for a while. */
  write(text: string): void {
    this.#waiting.push(text);
    if (this.#writing || this.#timer) return;
    const pauseMs = this.#endedAt + GATHER_MS - performance.now();
    if (pauseMs <= 0) this.#begin();
    else this.#timer = setTimeout(() => this.#begin(), pauseMs);
  }

  /** Resolves when all so far is written, or `put` has given it up. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#writing) {
      if (!this.#writing) this.#begin();
      await this.#writing;
    }
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#writing = this.#put(text).finally(() => {
      this.#writing = null;
      this.#endedAt = performance.now();
      if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#begin(), GATHER_MS);
    });
  }
}
