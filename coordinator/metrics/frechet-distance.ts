// Fréchet distance between the features of two sets of images (FID, where the features are Inception's).
import { tridiagonalEigenvalues } from "./linear-algebra/eigenvalues.ts";
import { type Factor, pivotedCholesky } from "./linear-algebra/pivoted-cholesky.ts";
import { Products, TILE } from "./linear-algebra/products.ts";
import { tridiagonalize } from "./linear-algebra/tridiagonal.ts";
import type { Moments } from "./moments.ts";
import { Pace, type Watch } from "./pace.ts";

/**
 * Heusel et al., "GANs trained by a two time-scale update rule", 2017:
 *
 *   |μ₁ - μ₂|² + tr( Σ₁ + Σ₂ - 2 √(Σ₁ Σ₂) )
 *
 * Finite and at least 0 for any two sets, whatever the rank of their covariances; it rises as images get fewer, and means
 * little where there are fewer images than features: the caller warns.
 */
export async function frechetDistance(a: Moments, b: Moments, watch?: Watch): Promise<number> {
  if (a.size !== b.size) throw new RangeError(`features of ${a.size} and of ${b.size} cannot be compared`);
  const means = a.mean.reduce((sum, mean, i) => sum + (mean - b.mean[i]) ** 2, 0);
  const root = await traceOfRoot(a, b, watch);
  return Math.max(means + trace(a) + trace(b) - 2 * root, 0); // rounding may leave -1e-12
}

/**
 * tr √(Σ₁ Σ₂), by the eigenvalues of a symmetric matrix that has those of Σ₁ Σ₂:
 *
 *   Σ₁ = Gᵀ G, G [r, F]        Σ₁ Σ₂ and G Σ₂ Gᵀ [r, r] share their eigenvalues λ ≥ 0 except zeros
 *   tr √(Σ₁ Σ₂) = Σ √λ         λ that rounding leaves below 0 count as 0
 *
 * No root of an unsymmetric matrix is taken, so nothing can become complex. r is at most the number of images - 1: few
 * images cost little.
 */
async function traceOfRoot(a: Moments, b: Moments, watch: Watch | undefined): Promise<number> {
  const [fewer, other] = a.count <= b.count ? [a, b] : [b, a];
  const scales = [largestVariance(fewer), largestVariance(other)];
  if (scales[0] === 0 || scales[1] === 0) return 0;
  const n = fewer.size;
  const r = Math.min(n, Math.max(fewer.count - 1, 1));
  const triangle = (n * r * r) / 2 - r ** 3 / 3; // multiplications of the factor, and of the second product
  const pace = new Pace(watch, 6 * triangle + n * n * r - (n * r * r) / 2 + (15 * r ** 3) / 6);
  const factor = await pivotedCholesky(fewer.covariance.map((value) => value / scales[0]), n, pace); // prettier-ignore
  const product = await sandwich(factor, other.covariance.map((value) => value / scales[1]), pace); // prettier-ignore
  const eigenvalues = tridiagonalEigenvalues(await tridiagonalize(product, factor.rank, pace));
  pace.finish();
  const roots = eigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
  return roots * Math.sqrt(scales[0]) * Math.sqrt(scales[1]);
}

/** G Σ Gᵀ [rank, rank], its lower triangle; Σ is put into the factor's order. */
async function sandwich(
  { rows, rank, order }: Factor,
  covariance: Float64Array,
  pace: Pace,
): Promise<Float64Array> {
  const n = order.length;
  const ordered = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) ordered[i * n + j] = covariance[order[i] * n + order[j]];
  const out = new Float64Array(rank * rank);
  const tiles = new Products(n);
  const half = new Float64Array(TILE * n); // rows i … of G Σ
  for (let i = 0; i < rank; i += TILE) {
    const count = Math.min(TILE, rank - i);
    // G's rows from i on are 0 before column i.
    tiles.left({ values: rows, offset: i * n + i, stride: n, count }, n - i);
    for (let j = 0; j < n; j += TILE) {
      const width = Math.min(TILE, n - j);
      tiles.right({ values: ordered, offset: j * n + i, stride: n, count: width }, n - i);
      tiles.multiply();
      place(tiles.out, count, width, half, j, n);
      if (pace.did(count * width * (n - i))) await pace.rest();
    }
    for (let j = i; j < rank; j += TILE) {
      const height = Math.min(TILE, rank - j);
      tiles.left({ values: rows, offset: j * n + j, stride: n, count: height }, n - j);
      tiles.right({ values: half, offset: j, stride: n, count }, n - j);
      tiles.multiply();
      place(tiles.out, height, count, out, j * rank + i, rank);
      if (pace.did(count * height * (n - j))) await pace.rest();
    }
  }
  return out;
}

/** Copies a tile [height, width] into a matrix of rows of `stride`, from `at` on. */
function place(
  tile: Float64Array,
  height: number,
  width: number,
  into: Float64Array,
  at: number,
  stride: number,
): void {
  for (let i = 0; i < height; i++) into.set(tile.subarray(i * TILE, i * TILE + width), at + i * stride);
}

function trace({ covariance, size }: Moments): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += covariance[i * size + i];
  return sum;
}

function largestVariance({ covariance, size }: Moments): number {
  let most = 0;
  for (let i = 0; i < size; i++) most = Math.max(most, covariance[i * size + i]);
  return most;
}
