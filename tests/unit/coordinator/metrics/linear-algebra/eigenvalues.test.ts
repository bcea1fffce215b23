// Factor, tridiagonal form and eigenvalues against matrices whose own are known.
import { expect, test } from "vitest";
import { tridiagonalEigenvalues } from "../../../../../coordinator/metrics/linear-algebra/eigenvalues.ts";
import { pivotedCholesky } from "../../../../../coordinator/metrics/linear-algebra/pivoted-cholesky.ts";
import { tridiagonalize } from "../../../../../coordinator/metrics/linear-algebra/tridiagonal.ts";
import { Pace } from "../../../../../coordinator/metrics/pace.ts";
import { normalFeatures } from "../../../../support/normal-features.ts";

const pace = (): Pace => new Pace(undefined, 1);

/** Bᵀ B of a [rank, n] matrix B of normal numbers: eigenvalues ≥ 0, of which n - rank are 0. */
function gram(seed: number, rank: number, n: number): Float64Array {
  const { values } = normalFeatures({ seed, count: rank, size: n });
  const out = new Float64Array(n * n);
  for (let t = 0; t < rank; t++)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) out[i * n + j] += values[t * n + i] * values[t * n + j];
  return out;
}

async function eigenvalues(matrix: Float64Array, n: number): Promise<number[]> {
  return [...tridiagonalEigenvalues(await tridiagonalize(matrix.slice(), n, pace()))].toSorted(
    (a, b) => a - b,
  );
}

test("the second difference's eigenvalues are 2 - 2 cos(iπ / (n + 1))", () => {
  const n = 100;
  const found = tridiagonalEigenvalues({
    diagonal: new Float64Array(n).fill(2),
    beside: new Float64Array(n).fill(-1),
  }).toSorted();
  found.forEach((value, i) => {
    // A few roundings of the largest, 4: 2^-52 · 4 = 9e-16 each.
    expect(Math.abs(value - (2 - 2 * Math.cos(((i + 1) * Math.PI) / (n + 1))))).toBeLessThan(2e-14);
  });
});

test("a reflected diagonal matrix has the diagonal's eigenvalues, equal and zero ones included", async () => {
  const n = 60;
  const diagonal = Array.from({ length: n }, (_, i) => (i < 10 ? 0 : i < 30 ? 1 : 1.5 ** (i - 30)));
  const v = normalFeatures({ seed: 3, count: 1, size: n }).values;
  const square = v.reduce((sum, x) => sum + x * x, 0);
  // (I - 2 v vᵀ / |v|²) D (I - 2 v vᵀ / |v|²)
  const reflect = (i: number, j: number): number => (i === j ? 1 : 0) - (2 * v[i] * v[j]) / square;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < n; k++) matrix[i * n + j] += reflect(i, k) * diagonal[k] * reflect(k, j);
  const found = await eigenvalues(matrix, n);
  const largest = 1.5 ** 29;
  // n roundings of the largest eigenvalue.
  found.forEach((value, i) => expect(Math.abs(value - diagonal[i])).toBeLessThan(n * 2e-16 * largest));
});

test("eigenvalues keep trace and sum of squares of 40 matrices of all sizes and ranks", async () => {
  for (let seed = 0; seed < 40; seed++) {
    const n = 1 + ((seed * 7) % 33);
    const matrix = gram(seed, 1 + (seed % n), n);
    const found = await eigenvalues(matrix, n);
    let trace = 0;
    for (let i = 0; i < n; i++) trace += matrix[i * n + i];
    const squares = matrix.reduce((sum, value) => sum + value * value, 0);
    // Each within n roundings of the trace, which is at least the largest eigenvalue.
    expect(Math.abs(found.reduce((sum, value) => sum + value, 0) - trace)).toBeLessThan(
      n * n * 4e-16 * trace,
    );
    expect(Math.abs(found.reduce((sum, value) => sum + value * value, 0) / squares - 1)).toBeLessThan(1e-12);
    expect(found[0]).toBeGreaterThan(-n * 4e-16 * trace);
  }
});

test("matrices that are zero, diagonal, or of one element need no reflection", async () => {
  expect(await eigenvalues(new Float64Array(9), 3)).toEqual([0, 0, 0]);
  expect(await eigenvalues(Float64Array.of(3, 0, 0, 0, 1, 0, 0, 0, 2), 3)).toEqual([1, 2, 3]);
  expect(await eigenvalues(Float64Array.of(5), 1)).toEqual([5]);
});

test("a factor multiplied with itself gives the matrix back, and its rank is found", async () => {
  for (const [rank, n] of [
    [5, 5],
    [3, 8],
    [20, 50],
    [1, 4],
  ]) {
    const matrix = gram(rank, rank, n);
    const factor = await pivotedCholesky(matrix, n, pace());
    expect(factor.rank).toBe(rank);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let t = 0; t < rank; t++) sum += factor.rows[t * n + i] * factor.rows[t * n + j];
        // n roundings of diagonal elements of about `rank`, some tens of times over.
        expect(Math.abs(sum - matrix[factor.order[i] * n + factor.order[j]])).toBeLessThan(1e-12 * rank);
      }
  }
});

test("features of very different scales keep their rank", async () => {
  // Variances 1e12 and 1e-20: the small one is not taken for rounding of the large one.
  expect((await pivotedCholesky(Float64Array.of(1e12, 0, 0, 1e-20), 2, pace())).rank).toBe(2);
});
