// Kernel distance (KID): an unbiased distance between two sets of features that works for few images too.
import { type Stream, shuffled, stream } from "../../shared/random/random.ts";
import { type Features, checkPair } from "./features.ts";
import { rowProducts, squaredNorm } from "./linear-algebra/row-products.ts";
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
/** Images of a tile of the kernel's matrix. */
const TILE = 48;

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
  const distances = new Float64Array(subsets);
  for (let i = 0; i < subsets; i++) {
    const x = drawPanel(real, subsetSize, random);
    const y = drawPanel(generated, subsetSize, random);
    distances[i] = await distanceOf(x, y, real.size, pace);
  }
  pace.finish();
  const mean = meanOf(distances);
  const std = subsets === 1 ? null : Math.sqrt(meanOf(distances.map((d) => (d - mean) ** 2)));
  return { mean, std, subsets, subsetSize };
}

/** `count` different rows in float64 [count, size]. */
function drawPanel({ values, count, size }: Features, wanted: number, random: Stream): Float64Array {
  const panel = new Float64Array(wanted * size);
  shuffled(count, random)
    .subarray(0, wanted)
    .forEach((row, i) => panel.set(values.subarray(row * size, (row + 1) * size), i * size));
  return panel;
}

async function distanceOf(x: Float64Array, y: Float64Array, size: number, pace: Pace): Promise<number> {
  const m = x.length / size;
  const xx = await kernelSum(x, x, size, pace);
  const yy = await kernelSum(y, y, size, pace);
  const xy = await kernelSum(x, y, size, pace);
  const diagonal = (panel: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += cubic(squaredNorm(panel, i * size, size), size);
    return sum;
  };
  return (xx - diagonal(x)) / (m * (m - 1)) + (yy - diagonal(y)) / (m * (m - 1)) - (2 * xy) / (m * m);
}

/** Σ_{i,j} k(x_i, y_j); of x with itself, tiles below the diagonal count twice instead of those above. */
async function kernelSum(x: Float64Array, y: Float64Array, size: number, pace: Pace): Promise<number> {
  const m = x.length / size;
  const tile = new Float64Array(TILE * TILE);
  let sum = 0;
  for (let i = 0; i < m; i += TILE)
    for (let j = 0; j < (x === y ? i + 1 : m); j += TILE) {
      const a = { values: x, offset: i * size, stride: size, count: Math.min(TILE, m - i) };
      const b = { values: y, offset: j * size, stride: size, count: Math.min(TILE, m - j) };
      rowProducts(a, b, size, tile);
      let ofTile = 0;
      for (let n = 0; n < a.count * b.count; n++) ofTile += cubic(tile[n], size);
      sum += x === y && j < i ? 2 * ofTile : ofTile;
      if (pace.did(a.count * b.count)) await pace.rest();
    }
  return sum;
}

function cubic(product: number, size: number): number {
  const base = product / size + 1;
  return base * base * base;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
