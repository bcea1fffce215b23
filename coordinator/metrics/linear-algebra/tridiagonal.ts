// A symmetric matrix becomes a tridiagonal one with the same eigenvalues, by Householder reflections.
import type { Pace } from "../pace.ts";

export interface Tridiagonal {
  /** [n] */
  readonly diagonal: Float64Array;
  /** [n]; element i stands beside diagonal elements i - 1 and i, element 0 is 0. */
  readonly beside: Float64Array;
}

/**
 * Reduces the symmetric `a` [n, n], of which only the lower triangle is read, and which is overwritten.
 *
 * For i = n - 1 … 1, the reflection I - v vᵀ / h takes row i's elements 0 … i - 1 to its last one. Each pass over the rest
 * applies the reflection before and multiplies by the next vector, so that the matrix is read once a step (and not at
 * all where neither is needed):
 *
 *   p = A v / h        q = p - (vᵀ p / 2h) v        A ← A - v qᵀ - q vᵀ
 *
 * @param pace counts 15 for an element of the lower triangle that a step reads: as long as 15 multiplications of `Products`
 */
export async function tridiagonalize(a: Float64Array, n: number, pace: Pace): Promise<Tridiagonal> {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  let v = new Float64Array(n); // of the reflection before, with q: zero at first
  let q = new Float64Array(n);
  let next = new Float64Array(n);
  let p = new Float64Array(n);
  let applied = true; // nothing is left of the reflection before
  for (let i = n - 1; i >= 0; i--) {
    updateRow(a, n, i, v, q);
    diagonal[i] = a[i * n + i];
    if (i === 0) break;
    const { h, left } = reflect(a, i * n, i, next);
    beside[i] = left;
    p.fill(0, 0, i);
    const rows = applied && h === 0 ? 0 : i;
    for (let r = 0; r < rows; r++) {
      updateAndMultiply(a, r * n, r, { v, q, next, p });
      if ((r & 63) === 63 && pace.did(15 * 64 * (r - 31))) await pace.rest();
    }
    if (h > 0) {
      let product = 0;
      for (let c = 0; c < i; c++) {
        p[c] /= h;
        product += next[c] * p[c];
      }
      const half = product / (2 * h);
      for (let c = 0; c < i; c++) p[c] -= half * next[c];
    } else {
      p.fill(0, 0, i);
    }
    applied = h === 0;
    [v, next] = [next, v];
    [q, p] = [p, q];
  }
  return { diagonal, beside };
}

/** A - v qᵀ - q vᵀ, of row `row` up to the diagonal. */
function updateRow(a: Float64Array, n: number, row: number, v: Float64Array, q: Float64Array): void {
  const at = row * n;
  for (let c = 0; c <= row; c++) a[at + c] -= v[row] * q[c] + q[row] * v[c];
}

/** Writes v for the `length` elements from `at`, and says its h = |v|² / 2 and what the last element becomes. */
function reflect(
  a: Float64Array,
  at: number,
  length: number,
  v: Float64Array,
): { readonly h: number; readonly left: number } {
  const last = a[at + length - 1];
  let before = 0;
  for (let c = 0; c < length - 1; c++) before += a[at + c] * a[at + c];
  if (before === 0) {
    v.fill(0, 0, length); // it is tridiagonal already
    return { h: 0, left: last };
  }
  const square = before + last * last;
  const left = last > 0 ? -Math.sqrt(square) : Math.sqrt(square);
  for (let c = 0; c < length - 1; c++) v[c] = a[at + c];
  v[length - 1] = last - left;
  return { h: square - last * left, left };
}

interface Vectors {
  readonly v: Float64Array;
  readonly q: Float64Array;
  readonly next: Float64Array;
  readonly p: Float64Array;
}

/** Applies (v, q) to row `row`, which begins at `at`, and adds its part of the symmetric A · next to p. */
function updateAndMultiply(a: Float64Array, at: number, row: number, { v, q, next, p }: Vectors): void {
  const vRow = v[row];
  const qRow = q[row];
  const nextRow = next[row];
  let sum = 0;
  for (let c = 0; c < row; c++) {
    const value = a[at + c] - (vRow * q[c] + qRow * v[c]);
    a[at + c] = value;
    sum += value * next[c];
    p[c] += value * nextRow;
  }
  const value = a[at + row] - 2 * vRow * qRow;
  a[at + row] = value;
  p[row] += sum + value * nextRow;
}
