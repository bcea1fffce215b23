// Kernel distance (KID): an unbiased distance between two sets of features that works for few images too.
import { stream } from "../../shared/random/random.ts";
import { type Features, checkPair, drawRows } from "./features.ts";
import { Products, TILE, squaredNorm } from "./linear-algebra/products.ts";
import { Pace, type Watch } from "./pace.ts";

export interface KernelDistance {
  /** Mean over subsets. Around 0 for equal distributions, and then as often negative as positive. */
  readonly mean: number;
  /** Standard deviation over subsets (divided by their number), null for one subset. */
  readonly std: number | null;
  readonly subsets: number;
  /** Images of each set in a subset. */
  readonly subsetSize: number;
}

export interface KernelDistanceOptions {
  /** Decides the subsets. */
  readonly seed: number;
  /** Default 100, as torch-fidelity and clean-fid take; 1 where both sets are no larger than a subset. */
  readonly subsets?: number | undefined;
  /** Default 1000, and never more than the smaller set has. */
  readonly subsetSize?: number | undefined;
}

const SUBSETS = 100;
const SUBSET_SIZE = 1000;

/**
 * KID of Binkowski et al., "Demystifying MMD GANs", 2018, over subsets X and Y of m images each:
 *
 *   k(x, y) = (x·y / d + 1)³
 *   MMD² = Σ_{i≠j} k(x_i, x_j) / m(m-1)  +  Σ_{i≠j} k(y_i, y_j) / m(m-1)  -  2 Σ_{i,j} k(x_i, y_j) / m²
 *
 * @throws GanglionError ENGINE where a feature is not finite; RangeError where a subset has fewer than 2 images
 */
export async function kernelDistance(
  real: Features,
  generated: Features,
  options: KernelDistanceOptions,
  watch?: Watch,
): Promise<KernelDistance> {
  checkPair(real, generated);
  const subsetSize = Math.min(options.subsetSize ?? SUBSET_SIZE, real.count, generated.count);
  if (!(subsetSize >= 2))
    throw new RangeError(`a kernel distance over ${subsetSize} images: give at least 2`);
  const whole = subsetSize === real.count && subsetSize === generated.count;
  const subsets = whole ? 1 : (options.subsets ?? SUBSETS);
  if (!(subsets >= 1)) throw new RangeError(`${subsets} subsets: give a whole number from 1`);

  const random = stream(options.seed, "kernel distance");
  const pace = new Pace(watch, subsets * 2 * subsetSize ** 2);
  const tiles = new Products(real.size);
  const distances = new Float64Array(subsets);
  for (let i = 0; i < subsets; i++) {
    const x = drawRows(real, subsetSize, random);
    const y = drawRows(generated, subsetSize, random);
    distances[i] = await distanceOf(x, y, tiles, pace);
  }
  pace.finish();
  const mean = meanOf(distances);
  const std = subsets === 1 ? null : Math.sqrt(meanOf(distances.map((d) => (d - mean) ** 2)));
  return { mean, std, subsets, subsetSize };
}

async function distanceOf(x: Features, y: Features, tiles: Products, pace: Pace): Promise<number> {
  const m = x.count;
  const xx = (await kernelSum(x, x, tiles, pace)) - diagonalSum(x);
  const yy = (await kernelSum(y, y, tiles, pace)) - diagonalSum(y);
  const xy = await kernelSum(x, y, tiles, pace);
  return xx / (m * (m - 1)) + yy / (m * (m - 1)) - (2 * xy) / (m * m);
}

/** Σ_{i,j} k(x_i, y_j); of x with itself, tiles below the diagonal count twice instead of those above. */
async function kernelSum(x: Features, y: Features, tiles: Products, pace: Pace): Promise<number> {
  const { size } = x;
  const gamma = 1 / size;
  let sum = 0;
  for (let i = 0; i < x.count; i += TILE) {
    const height = Math.min(TILE, x.count - i);
    tiles.left({ values: x.values, offset: i * size, stride: size, count: height }, size);
    for (let j = 0; j < (x === y ? i + 1 : y.count); j += TILE) {
      const width = Math.min(TILE, y.count - j);
      tiles.right({ values: y.values, offset: j * size, stride: size, count: width }, size);
      tiles.multiply();
      let ofTile = 0;
      for (let r = 0; r < height; r++)
        for (let c = 0; c < width; c++) ofTile += cubic(tiles.out[r * TILE + c] * gamma);
      sum += x === y && j < i ? 2 * ofTile : ofTile;
      if (pace.did(height * width)) await pace.rest();
    }
  }
  return sum;
}

function diagonalSum({ values, count, size }: Features): number {
  const gamma = 1 / size;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += cubic(squaredNorm(values, i * size, size) * gamma);
  return sum;
}

function cubic(product: number): number {
  const base = product + 1;
  return base * base * base;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
