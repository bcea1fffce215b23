// Seeded random streams: equal on every machine, independent by path, without any shared state.
import { createHash } from "node:crypto";
import { MOST_WORDS, openBlocks } from "./philox-blocks.ts";
import { philox4x32 } from "./philox.ts";
import { circlePoint, logOfWord } from "./portable-math.ts";

/** An endless sequence of random words; every method takes the next ones. */
export interface Stream {
  /** A whole number in 0 … 2^32 - 1. */
  uint32(): number;
  /** A number in [0, 1) with 53 random bits (two words), or 24 (one word): those are exact in float32 too. */
  uniform(bits?: 24 | 53): number;
  /** A number from the standard normal distribution. */
  normal(): number;
  /** A whole number in 0 … n - 1, each equally likely; n is 1 … 2^32. */
  integer(n: number): number;
  /** Fills `out` with what repeated `normal()` would give, rounded to float32. */
  fillNormal(out: Float32Array): void;
  /** Fills `out` with what repeated `uniform(24)` would give: [0, 1), never 1. */
  fillUniform(out: Float32Array): void;
}

/**
 * The stream that belongs to `seed` and `path`, from its beginning; for example
 * `stream(seed, "noise", step, phase, shard)`. Any other seed or path gives an independent one; `1` and `"1"` differ.
 *
 * The words are Philox4x32-10 blocks 0, 1, 2 …, the key is the first 64 bits of SHA-256 over [seed, ...path] as JSON.
 *
 * @throws RangeError when the seed or a number in the path is no safe integer
 */
export function stream(seed: number, ...path: readonly (string | number)[]): Stream {
  const parts = [seed, ...path];
  const bad = parts.find((part) => typeof part === "number" && !Number.isSafeInteger(part));
  if (bad !== undefined) {
    throw new RangeError(`${bad} in [${parts.join(", ")}] cannot name a stream: give a whole number`);
  }
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest();
  return new PhiloxStream(Uint32Array.of(digest.readUInt32LE(0), digest.readUInt32LE(4)));
}

/** The ids 0 … n - 1 in the order of one epoch, a function of (seed, epoch, n). */
export function permutation(seed: number, epoch: number, n: number): Uint32Array {
  return shuffled(n, stream(seed, "epoch", epoch));
}

/** The numbers 0 … n - 1, shuffled by the next words of `random` (Fisher-Yates). */
export function shuffled(n: number, random: Stream): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
  return order;
}

class PhiloxStream implements Stream {
  /** Number of the next block, in the first two of the four counter words. */
  readonly #counter = new Uint32Array(4);
  readonly #key: Uint32Array;
  readonly #block = new Uint32Array(4);
  #used = 4;
  readonly #point = new Float64Array(2);
  /** The second number of the last Box-Muller pair, until it is taken. */
  #spare = 0;
  #hasSpare = false;

  constructor(key: Uint32Array) {
    this.#key = key;
  }

  uint32(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#key, this.#block);
      this.#counter[0]++;
      if (this.#counter[0] === 0) this.#counter[1]++; // ++ itself gives the number before it wraps
      this.#used = 0;
    }
    return this.#block[this.#used++];
  }

  uniform(bits: 24 | 53 = 53): number {
    const word = this.uint32();
    if (bits === 24) return (word >>> 8) * 2 ** -24;
    return ((word >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) * 2 ** -53;
  }

  /** Box-Muller: √(-2 ln u) · (cos 2πv, sin 2πv), with u in (0, 1] and v in [0, 1) of 32 bits each. */
  normal(): number {
    if (this.#hasSpare) {
      this.#hasSpare = false;
      return this.#spare;
    }
    const radius = Math.sqrt(-2 * logOfWord(this.uint32() + 1));
    circlePoint(this.uint32(), this.#point);
    this.#spare = radius * this.#point[1];
    this.#hasSpare = true;
    return radius * this.#point[0];
  }

  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`integer(${n}) has no answer: give a whole number from 1 to 2^32`);
    }
    // Words from the last, incomplete run of n would favour small answers: they are drawn again.
    const limit = 2 ** 32 - (2 ** 32 % n);
    let word = this.uint32();
    while (word >= limit) word = this.uint32();
    return word % n;
  }

  fillNormal(out: Float32Array): void {
    let i = 0;
    for (; i < out.length && this.#hasSpare; i++) out[i] = this.normal();
    const point = this.#point;
    for (let pairs; (pairs = Math.min((out.length - i) >> 1, MOST_WORDS >> 1)) > 0;) {
      const words = this.#take(2 * pairs);
      for (let k = 0; k < 2 * pairs; k += 2, i += 2) {
        const radius = Math.sqrt(-2 * logOfWord(words[k] + 1));
        circlePoint(words[k + 1], point);
        out[i] = radius * point[0];
        out[i + 1] = radius * point[1];
      }
    }
    for (; i < out.length; i++) out[i] = this.normal();
  }

  fillUniform(out: Float32Array): void {
    for (let i = 0; i < out.length;) {
      const count = Math.min(out.length - i, MOST_WORDS);
      const words = this.#take(count);
      for (let k = 0; k < count; k++, i++) out[i] = (words[k] >>> 8) * 2 ** -24;
    }
  }

  /** The next words, at most MOST_WORDS; valid until they are taken again, by any stream of this thread. */
  #take(count: number): Uint32Array {
    const { words } = BLOCKS;
    let taken = 0;
    while (taken < count && this.#used < 4) words[taken++] = this.uint32();
    const blocks = (count - taken) >> 2;
    const [low, high] = this.#counter;
    BLOCKS.write(low, high, this.#key, blocks, taken);
    this.#counter[0] += blocks;
    if (low + blocks >= 2 ** 32) this.#counter[1]++;
    taken += 4 * blocks;
    while (taken < count) words[taken++] = this.uint32();
    return words;
  }
}

/** What it has written is read before anything else can write. */
const BLOCKS = openBlocks();
