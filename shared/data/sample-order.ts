// The order in which a run reads its samples: every id once an epoch, whatever the batch size.
import { permutation } from "../random/random.ts";

/**
 * The stream of sample ids: one seeded permutation of 0 … N - 1 an epoch, end to end.
 *
 *   idAt(p) = permutation(seed, ⌊p / N⌋, N)[p mod N]
 *
 * The last two epochs' permutations are kept, because a batch may straddle two.
 */
export class SampleOrder {
  readonly #seed: number;
  readonly #count: number;
  #newer: Epoch | null = null;
  #older: Epoch | null = null;

  /**
   * `count` is N, the number of samples.
   *
   * @throws RangeError when there are none
   */
  constructor(seed: number, count: number) {
    if (!Number.isInteger(count) || count < 1 || count > 2 ** 32) {
      throw new RangeError(`${count} samples cannot be ordered: give a whole number from 1 to 2^32`);
    }
    this.#seed = seed;
    this.#count = count;
  }

  /** The sample id at `position` (0, 1, 2 …, counted over all epochs) of the stream. */
  idAt(position: number): number {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new RangeError(`the sample stream has no position ${position}: positions are 0, 1, 2 …`);
    }
    const number = Math.floor(position / this.#count);
    return this.#epoch(number).order[position - number * this.#count];
  }

  #epoch(number: number): Epoch {
    if (this.#newer?.number === number) return this.#newer;
    const found =
      this.#older?.number === number
        ? this.#older
        : { number, order: permutation(this.#seed, number, this.#count) };
    this.#older = this.#newer;
    this.#newer = found;
    return found;
  }
}

interface Epoch {
  readonly number: number;
  readonly order: Uint32Array;
}
