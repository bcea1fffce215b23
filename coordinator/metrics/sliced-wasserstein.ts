// Sliced Wasserstein distance of features: MIND, the Monge Inception distance, which needs neither covariance nor matrix root.
import { type Stream, stream } from "../../shared/random/random.ts";
import { type Features, checkPair } from "./features.ts";
import { Products, TILE, squaredNorm } from "./linear-algebra/products.ts";
import { Pace, type Watch } from "./pace.ts";

export interface MongeDistance {
  /** 3 d times the mean of W₂² over the directions; 0 for equal sets. */
  readonly mind: number;
  /** Standard error that the choice of directions leaves in `mind`; null for one direction. */
  readonly standardError: number | null;
  /** Directions. */
  readonly projections: number;
}

export interface MongeOptions {
  /** Decides the directions. */
  readonly seed: number;
  /** Directions. Default 1000. */
  readonly projections?: number | undefined;
}

const PROJECTIONS = 1000;

/**
 * MIND of Berthet et al., "MIND: Monge Inception Distance for generative models evaluation", 2026:
 *
 *   3 d · mean over directions θ of W₂²(θ·X, θ·Y)        θ uniform on the unit sphere in d dimensions
 *
 * where W₂² in one dimension is the mean squared difference of sorted values. d · mean W₂² is |μ|² for sets that differ by
 * a shift μ. Sets may differ in number: their quantile functions are compared.
 *
 * @throws GanglionError ENGINE where a feature is not finite
 */
export async function mongeDistance(
  real: Features,
  generated: Features,
  options: MongeOptions,
  watch?: Watch,
): Promise<MongeDistance> {
  checkPair(real, generated);
  const { size } = real;
  const projections = options.projections ?? PROJECTIONS;
  if (!Number.isInteger(projections) || projections < 1)
    throw new RangeError(`${projections} projections: give a whole number from 1`);
  const random = stream(options.seed, "monge distance");
  const pace = new Pace(watch, 2 * projections * (real.count + generated.count));
  const tiles = new Products(size);
  const distances = new Float64Array(projections);
  for (let first = 0; first < projections; first += TILE) {
    const count = Math.min(TILE, projections - first);
    const directions = drawDirections(count, size, random);
    tiles.left({ values: directions, offset: 0, stride: size, count }, size);
    const x = await project(real, count, tiles, pace);
    const y = await project(generated, count, tiles, pace);
    for (let i = 0; i < count; i++) {
      distances[first + i] = squaredDistance(x[i].sort(), y[i].sort());
      if (pace.did(real.count + generated.count)) await pace.rest();
    }
  }
  pace.finish();
  const mean = meanOf(distances);
  const variance = distances.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (projections - 1);
  return {
    mind: 3 * size * mean,
    standardError: projections === 1 ? null : 3 * size * Math.sqrt(variance / projections),
    projections,
  };
}

/** Unit vectors, uniform on the sphere [count, size]. */
function drawDirections(count: number, size: number, random: Stream): Float64Array {
  const directions = Float64Array.from({ length: count * size }, () => random.normal());
  for (let i = 0; i < count; i++) {
    const norm = Math.sqrt(squaredNorm(directions, i * size, size));
    for (let k = i * size; k < (i + 1) * size; k++) directions[k] /= norm;
  }
  return directions;
}

/** θ·x of every image, an array [count of images] for each of the `wanted` directions on the left of `tiles`. */
async function project(
  { values, count, size }: Features,
  wanted: number,
  tiles: Products,
  pace: Pace,
): Promise<readonly Float64Array[]> {
  const projected = Array.from({ length: wanted }, () => new Float64Array(count));
  for (let first = 0; first < count; first += TILE) {
    const images = Math.min(TILE, count - first);
    tiles.right({ values, offset: first * size, stride: size, count: images }, size);
    tiles.multiply();
    projected.forEach((line, i) => line.set(tiles.out.subarray(i * TILE, i * TILE + images), first));
    if (pace.did(wanted * images)) await pace.rest();
  }
  return projected;
}

/**
 * W₂² of two sorted sets of equal weights: the mean squared difference of their quantile functions, which are constant
 * between the multiples of 1/n and 1/m.
 */
function squaredDistance(x: Float64Array, y: Float64Array): number {
  const n = x.length;
  const m = y.length;
  let sum = 0;
  let position = 0; // in units of 1 / (n · m): a whole number
  for (let i = 0, j = 0; i < n && j < m;) {
    const end = Math.min((i + 1) * m, (j + 1) * n);
    sum += (end - position) * (x[i] - y[j]) ** 2;
    position = end;
    if (end === (i + 1) * m) i++;
    if (end === (j + 1) * n) j++;
  }
  return sum / (n * m);
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
