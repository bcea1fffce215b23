// Precision, recall, density and coverage: how two sets of features lie among each other's nearest neighbours.
import { stream } from "../../shared/random/random.ts";
import { type Features, checkPair, drawRows } from "./features.ts";
import { Products, TILE, squaredNorm } from "./linear-algebra/products.ts";
import { Pace, type Watch } from "./pace.ts";

export interface ManifoldMetrics {
  /** Share of generated images inside the ball of a real one, 0 … 1: are they realistic? */
  readonly precision: number;
  /** Share of real images inside the ball of a generated one, 0 … 1: is all of the data reached? */
  readonly recall: number;
  /** Balls of real images that a generated one lies in, on average, divided by k: 1 for equal distributions; may be more. */
  readonly density: number;
  /** Share of real images whose ball holds a generated one, 0 … 1: 1 - 2^-k for many images of equal distributions. */
  readonly coverage: number;
  /** Neighbours that a ball reaches. */
  readonly k: number;
  /** Images used. */
  readonly real: number;
  readonly generated: number;
}

export interface ManifoldOptions {
  /** Decides which images are used where there are more than `limit`. */
  readonly seed: number;
  /** Default 5; fewer where a set has no 6 images. */
  readonly k?: number | undefined;
  /** Images of each set at most: the time grows with its square. Default 10,000. */
  readonly limit?: number | undefined;
}

const NEIGHBOURS = 5;
const LIMIT = 10_000;

/**
 * Precision and recall of Kynkäänniemi et al., "Improved precision and recall metric", 2019; density and coverage of Naeem
 * et al., "Reliable fidelity and diversity metrics", 2020. An image's ball reaches to its k-th nearest neighbour of its own
 * set, itself not counted, and does not include its surface (as in the package prdc); an equal image is always inside,
 * even where more than k equal ones leave the ball without a radius.
 *
 * @throws GanglionError ENGINE where a feature is not finite; RangeError for a set of one image
 */
export async function manifoldMetrics(
  real: Features,
  generated: Features,
  options: ManifoldOptions,
  watch?: Watch,
): Promise<ManifoldMetrics> {
  checkPair(real, generated);
  const limit = options.limit ?? LIMIT;
  const x = withNorms(drawRows(real, limit, stream(options.seed, "manifold", "real")));
  const y = withNorms(drawRows(generated, limit, stream(options.seed, "manifold", "generated")));
  const k = Math.min(options.k ?? NEIGHBOURS, x.count - 1, y.count - 1);
  if (!(k >= 1))
    throw new RangeError(`neighbours among ${x.count} and ${y.count} images: give at least 2 of each`);

  const pace = new Pace(watch, x.count ** 2 / 2 + y.count ** 2 / 2 + x.count * y.count);
  const radiiX = await squaredRadii(x, k, pace);
  const radiiY = await squaredRadii(y, k, pace);
  const realInside = new Uint8Array(x.count);
  const covered = new Uint8Array(x.count);
  const generatedInside = new Uint8Array(y.count);
  let memberships = 0;
  await forTiles(x, y, pace, (i, j, square) => {
    if (square < radiiX[i] || square === 0) {
      memberships++;
      covered[i] = 1;
      generatedInside[j] = 1;
    }
    if (square < radiiY[j] || square === 0) realInside[i] = 1;
  });
  pace.finish();
  return {
    precision: share(generatedInside),
    recall: share(realInside),
    density: memberships / (k * y.count),
    coverage: share(covered),
    k,
    real: x.count,
    generated: y.count,
  };
}

interface Points extends Features {
  /** |x|² of each image [count]. */
  readonly norms: Float64Array;
}

function withNorms(features: Features): Points {
  const { values, count, size } = features;
  const norms = Float64Array.from({ length: count }, (_, i) => squaredNorm(values, i * size, size));
  return { ...features, norms };
}

/** Squared distance of each image to its k-th nearest of the same set [count]. */
async function squaredRadii(points: Points, k: number, pace: Pace): Promise<Float64Array> {
  /** The k smallest squared distances of each image so far, rising [count, k]. */
  const nearest = new Float64Array(points.count * k).fill(Infinity);
  const note = (image: number, square: number): void => {
    let at = image * k + k - 1;
    if (square >= nearest[at]) return;
    for (; at > image * k && nearest[at - 1] > square; at--) nearest[at] = nearest[at - 1];
    nearest[at] = square;
  };
  await forTiles(points, points, pace, (i, j, square) => {
    if (j >= i) return; // each pair once, no image with itself
    note(i, square);
    note(j, square);
  });
  return Float64Array.from({ length: points.count }, (_, i) => nearest[i * k + k - 1]);
}

/**
 * Calls `visit(i, j, |x_i - y_j|²)` for all pairs, tile by tile; of x with itself only for tiles on and below the
 * diagonal. By |x|² + |y|² - 2 x·y in float64, each in the same order of summing: exactly 0 for equal images, the same
 * for (i, j) and (j, i), and never below 0.
 */
async function forTiles(
  x: Points,
  y: Points,
  pace: Pace,
  visit: (i: number, j: number, square: number) => void,
): Promise<void> {
  const { size } = x;
  const tiles = new Products(size);
  for (let i = 0; i < x.count; i += TILE) {
    const height = Math.min(TILE, x.count - i);
    tiles.left({ values: x.values, offset: i * size, stride: size, count: height }, size);
    for (let j = 0; j < (x === y ? i + 1 : y.count); j += TILE) {
      const width = Math.min(TILE, y.count - j);
      tiles.right({ values: y.values, offset: j * size, stride: size, count: width }, size);
      tiles.multiply();
      for (let r = 0; r < height; r++)
        for (let c = 0; c < width; c++) {
          const square = x.norms[i + r] + y.norms[j + c] - 2 * tiles.out[r * TILE + c];
          visit(i + r, j + c, square > 0 ? square : 0);
        }
      if (pace.did(height * width)) await pace.rest();
    }
  }
}

function share(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0) / flags.length;
}
