// Cholesky factor with pivots: works for singular covariances too, and finds their rank.
import type { Pace } from "../pace.ts";

export interface Factor {
  /** [rank, size], upper trapezoid: row t is 0 before column t. */
  readonly rows: Float64Array;
  readonly rank: number;
  /** Column c of `rows` belongs to row and column `order[c]` of the matrix. */
  readonly order: Uint32Array;
}

/** Vectors subtracted in one pass. */
const PASS = 4;

/**
 * G with Gᵀ G = A, for a symmetric A [size, size] without negative eigenvalues, in an order of rows and columns that
 * begins with the largest: P A Pᵀ = Gᵀ G. It ends where what is left of every diagonal element is rounding, at most
 * size · 2^-52 of the element: the rows so far are the rank. (Lucas, "LAPACK-style codes for pivoted Cholesky", 2004.)
 *
 * @param pace counts 5 for a multiplication: each takes about as long as 5 of `Products`
 */
export async function pivotedCholesky(matrix: Float64Array, size: number, pace: Pace): Promise<Factor> {
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  const rows = new Float64Array(size * size);
  /** What is left of the diagonal, and the least that counts, in the order of `order`. */
  const left = Float64Array.from(order, (i) => matrix[i * size + i]);
  const least = left.map((value) => value * size * Number.EPSILON);
  let rank = 0;
  for (; rank < size; rank++) {
    const pivot = largest(left, least, rank);
    if (pivot === -1) break;
    swapColumns({ rows, size, rank, order, left, least }, rank, pivot);
    const root = Math.sqrt(left[rank]);
    const at = rank * size;
    const source = order[rank] * size;
    for (let c = rank; c < size; c++) rows[at + c] = matrix[source + order[c]];
    subtractRows(rows, size, rank);
    rows[at + rank] = root;
    for (let c = rank + 1; c < size; c++) {
      const value = rows[at + c] / root;
      rows[at + c] = value;
      left[c] -= value * value;
    }
    if (pace.did(5 * (size - rank) * (rank + 1))) await pace.rest();
  }
  return { rows: rows.subarray(0, rank * size), rank, order };
}

/** Column from `first` on with the most left, of those with more than rounding; -1 where there is none. */
function largest(left: Float64Array, least: Float64Array, first: number): number {
  let best = -1;
  for (let c = first; c < left.length; c++)
    if (left[c] > least[c] && (best === -1 || left[c] > left[best])) best = c;
  return best;
}

interface Columns {
  readonly rows: Float64Array;
  readonly size: number;
  readonly rank: number;
  readonly order: Uint32Array;
  readonly left: Float64Array;
  readonly least: Float64Array;
}

function swapColumns({ rows, size, rank, order, left, least }: Columns, a: number, b: number): void {
  if (a === b) return;
  for (let t = 0; t < rank; t++) swap(rows, t * size + a, t * size + b);
  swap(order, a, b);
  swap(left, a, b);
  swap(least, a, b);
}

function swap(values: Float64Array | Uint32Array, a: number, b: number): void {
  const held = values[a];
  values[a] = values[b];
  values[b] = held;
}

/** Row `rank`, columns right of it: minus Σ_t G[t, rank] · G[t, c] over the rows t before it. */
function subtractRows(rows: Float64Array, size: number, rank: number): void {
  const at = rank * size;
  let t = 0;
  for (; t + PASS <= rank; t += PASS) {
    const r0 = t * size;
    const r1 = r0 + size;
    const r2 = r1 + size;
    const r3 = r2 + size;
    const f0 = rows[r0 + rank];
    const f1 = rows[r1 + rank];
    const f2 = rows[r2 + rank];
    const f3 = rows[r3 + rank];
    if (f0 === 0 && f1 === 0 && f2 === 0 && f3 === 0) continue; // features that do not vary together
    for (let c = rank + 1; c < size; c++)
      rows[at + c] -= f0 * rows[r0 + c] + f1 * rows[r1 + c] + f2 * rows[r2 + c] + f3 * rows[r3 + c];
  }
  for (; t < rank; t++) {
    const row = t * size;
    const factor = rows[row + rank];
    for (let c = rank + 1; c < size; c++) rows[at + c] -= factor * rows[row + c];
  }
}
