// How different images are from each other: distances between all pairs, and to the nearest other one.
import { Products, type Rows, TILE } from "../../metrics/linear-algebra/products.ts";

/** Of N vectors of equal length. */
export interface Spread {
  /** Root of the mean squared distance of two of them, an element: 0 where all are equal. */
  readonly distance: number;
  /** The same of each to the one that is nearest to it; [N]. */
  readonly nearest: readonly number[];
  /** Of each pair i < j, by i, then j, the mean squared difference of an element; [N (N − 1) / 2]. */
  readonly squared: Float64Array;
}

/** Numbers of a row that are multiplied at once: with more of them, the rows would not stay in the cache. */
const PIECE = 2048;

/** Computes spreads, in memory that it keeps. */
export class Spreads {
  readonly #products = new Products(PIECE);

  /**
   * Of all N (N − 1) / 2 pairs, by their inner products in double, so that equal rows are at a distance of exactly 0:
   *
   *   ‖x_i − x_j‖² = ⟨x_i, x_i⟩ + ⟨x_j, x_j⟩ − 2 ⟨x_i, x_j⟩
   *   distance = √ mean over i < j of ‖x_i − x_j‖² / length
   */
  of(rows: readonly Float32Array[]): Spread {
    const count = rows.length;
    const length = rows[0]?.length ?? 0;
    const products = this.#productsOf(rows, length);
    const nearest = rows.map(() => Number.POSITIVE_INFINITY);
    const squared = new Float64Array((count * (count - 1)) / 2);
    let pair = 0;
    for (let i = 0; i < count; i++)
      for (let j = i + 1; j < count; j++, pair++) {
        const [own, other, both] = [
          products[i * count + i],
          products[j * count + j],
          products[i * count + j],
        ];
        squared[pair] = Math.max(0, own + other - 2 * both) / length;
        nearest[i] = Math.min(nearest[i], squared[pair]);
        nearest[j] = Math.min(nearest[j], squared[pair]);
      }
    const sum = squared.reduce((whole, own) => whole + own, 0);
    return { distance: Math.sqrt(sum / Math.max(1, pair)), nearest: nearest.map(Math.sqrt), squared };
  }

  /** [N, N], of which i ≤ j is filled in. */
  #productsOf(rows: readonly Float32Array[], length: number): Float64Array {
    const count = rows.length;
    const values = new Float32Array(count * length);
    for (const [i, row] of rows.entries()) values.set(row, i * length);
    const products = new Float64Array(count * count);
    for (let from = 0; from < length; from += PIECE) {
      const size = Math.min(PIECE, length - from);
      const tileOf = (first: number): Rows => ({
        values,
        offset: first * length + from,
        stride: length,
        count: Math.min(TILE, count - first),
      });
      for (let top = 0; top < count; top += TILE) {
        this.#products.left(tileOf(top), size);
        for (let left = top; left < count; left += TILE) {
          this.#products.right(tileOf(left), size);
          this.#products.multiply();
          const { out } = this.#products;
          for (let i = top; i < Math.min(top + TILE, count); i++)
            for (let j = Math.max(i, left); j < Math.min(left + TILE, count); j++)
              products[i * count + j] += out[(i - top) * TILE + j - left];
        }
      }
    }
    return products;
  }
}

/** How far the mean of one set is from that of another: mean squared difference of an element. */
export function shiftOf(rows: readonly Float32Array[], others: readonly Float32Array[]): number {
  return squaredDistance(meanOf(rows), meanOf(others));
}

function meanOf(rows: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(rows[0].length);
  for (const row of rows) for (let i = 0; i < row.length; i++) mean[i] += row[i] / rows.length;
  return mean;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum / a.length;
}
