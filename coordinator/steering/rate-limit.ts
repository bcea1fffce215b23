// Bounds how often something may happen: a bucket of tokens that fills with time.

export interface RateLimitOptions {
  /** So many at once. */
  readonly burst: number;
  /** And then so many a second. */
  readonly perSecond: number;
  /** Milliseconds; never goes back. */
  readonly now?: (() => number) | undefined;
}

export class RateLimit {
  readonly #burst: number;
  readonly #perMs: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  constructor({ burst, perSecond, now = () => performance.now() }: RateLimitOptions) {
    this.#burst = burst;
    this.#perMs = perSecond / 1000;
    this.#now = now;
    this.#tokens = burst;
    this.#filledAt = now();
  }

  /** Whether one more is allowed now; it then counts. */
  allows(): boolean {
    const at = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + (at - this.#filledAt) * this.#perMs);
    this.#filledAt = at;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
