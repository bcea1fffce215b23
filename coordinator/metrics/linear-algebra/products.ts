// Inner products between two sets of rows, tile by tile: where metrics spend their time.
import { BLOCK, type ProductKernel, openKernel } from "./product-kernel.ts";

/** Rows of a tile, on each side. */
export const TILE = 48;

/** Rows of numbers inside a larger array. */
export interface Rows {
  readonly values: Float32Array | Float64Array;
  /** Where the first row begins. */
  readonly offset: number;
  /** Numbers from the beginning of a row to that of the next. */
  readonly stride: number;
  /** At most TILE. */
  readonly count: number;
}

const BYTES = Float64Array.BYTES_PER_ELEMENT;

/**
 * The products of up to TILE rows, `left`, with up to TILE rows, `right`:
 *
 *   out[i · TILE + j] = Σ_k left[i, k] · right[j, k]
 *
 * In float64, and always as (sum over even k) + (sum over odd k), each in rising order: two rows have the same product, to
 * the bit, in any tile and on any side, and `squaredNorm` is that of a row with itself.
 */
export class Products {
  /** [TILE, TILE], ours: written by the next `multiply`; only the rows and columns that were given mean anything. */
  readonly out: Float64Array;
  readonly #kernel: ProductKernel;
  readonly #stride: number;
  readonly #left: Float64Array;
  readonly #right: Float64Array;
  #leftCount = 0;
  #rightCount = 0;
  #length = 0;

  /** @param length numbers of a row, at most */
  constructor(length: number) {
    this.#stride = length + (length % 2);
    const panel = TILE * this.#stride;
    const { memory, kernel } = openKernel((2 * panel + TILE * TILE) * BYTES);
    this.#kernel = kernel;
    this.#left = new Float64Array(memory, 0, panel);
    this.#right = new Float64Array(memory, panel * BYTES, panel);
    this.out = new Float64Array(memory, 2 * panel * BYTES, TILE * TILE);
  }

  /** Copies the rows of the left side, the first `length` numbers of each. */
  left(rows: Rows, length: number): void {
    this.#copy(rows, length, this.#left);
    this.#leftCount = rows.count;
    this.#length = length;
  }

  /** Copies the rows of the right side, of the same length as the left one's. */
  right(rows: Rows, length: number): void {
    if (length !== this.#length) throw new RangeError(`rows of ${length} against rows of ${this.#length}`);
    this.#copy(rows, length, this.#right);
    this.#rightCount = rows.count;
  }

  /** Multiplies what both sides hold, into `out`. */
  multiply(): void {
    const stride = this.#stride * BYTES;
    const length = (this.#length + (this.#length % 2)) * BYTES;
    for (let i = 0; i < this.#leftCount; i += BLOCK)
      for (let j = 0; j < this.#rightCount; j += BLOCK) {
        const out = this.out.byteOffset + (i * TILE + j) * BYTES;
        const right = this.#right.byteOffset + j * stride;
        this.#kernel(i * stride, right, stride, length, out, TILE * BYTES);
      }
  }

  #copy({ values, offset, stride, count }: Rows, length: number, panel: Float64Array): void {
    if (count > TILE || length < 1 || length > this.#stride)
      throw new RangeError(`${count} rows of ${length} do not fit into ${TILE} of ${this.#stride}`);
    if (length === stride && length === this.#stride) {
      panel.set(values.subarray(offset, offset + count * stride)); // one copy is faster than many
      return;
    }
    for (let i = 0; i < count; i++) {
      const from = offset + i * stride;
      panel.set(values.subarray(from, from + length), i * this.#stride);
      if (length % 2 === 1) panel[i * this.#stride + length] = 0;
    }
  }
}

/** Σ_k values[offset + k]² over `length` numbers, in the order of `Products`. */
export function squaredNorm(values: Float32Array | Float64Array, offset: number, length: number): number {
  let even = 0;
  let odd = 0;
  for (let k = offset; k < offset + length - 1; k += 2) {
    even += values[k] * values[k];
    odd += values[k + 1] * values[k + 1];
  }
  if (length % 2 === 1) even += values[offset + length - 1] ** 2;
  return even + odd;
}
