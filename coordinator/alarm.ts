// A timer that can be brought forward, not put off.

export class Alarm {
  readonly #ring: () => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #ringsAt = 0;

  /** `now` in milliseconds; where it stands still the alarm rings all the same, and may be set again. */
  constructor(ring: () => void, now: () => number) {
    this.#ring = ring;
    this.#now = now;
  }

  /** Rings once after so many milliseconds, or when it was to ring before that. */
  ringIn(milliseconds: number): void {
    const at = this.#now() + milliseconds;
    if (this.#timer && this.#ringsAt <= at) return;
    this.stop();
    this.#ringsAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#ring();
      },
      Math.max(1, milliseconds),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
