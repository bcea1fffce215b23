// A timer that can be set to an earlier time, never to a later one.

/** How often a clock that stands still is read. */
const STILL_MS = 100;

export class Alarm {
  readonly #ring: () => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #ringsAt = 0;

  /** `now` in milliseconds; while it stands still the alarm waits. */
  constructor(ring: () => void, now: () => number) {
    this.#ring = ring;
    this.#now = now;
  }

  /** Rings once after so many milliseconds, or earlier if it was set so. */
  ringIn(milliseconds: number): void {
    const at = this.#now() + milliseconds;
    if (this.#timer && this.#ringsAt <= at) return;
    this.stop();
    this.#ringsAt = at;
    this.#wait(Math.max(1, milliseconds));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(milliseconds: number): void {
    const before = this.#now();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#now() === before) this.#wait(Math.max(STILL_MS, milliseconds));
      else this.#ring();
    }, milliseconds);
  }
}
