// Pairwise diversity: how far apart the features of two images of the same set are, on average.
import { type Stream, stream } from "../../shared/random/random.ts";
import { type Features, checkFeatures } from "./features.ts";

export interface Diversity {
  /** Mean Euclidean distance, in the features' unit. */
  readonly mean: number;
  /** Standard deviation of the distances (divided by their number). */
  readonly std: number;
  /** Pairs of different images it was taken over. */
  readonly pairs: number;
}

export interface DiversityOptions {
  /** Decides which pairs. */
  readonly seed: number;
  /** Pairs at most. Default 10,000, whose mean is within 1 % for any usual set; all pairs are taken where there are no more. */
  readonly pairs?: number | undefined;
}

const PAIRS = 10_000;

/** Mean distance of pairs of different images; 0 for a generator that has collapsed. @throws RangeError for one image */
export function pairwiseDiversity(features: Features, options: DiversityOptions): Diversity {
  checkFeatures(features, "the images");
  const { count } = features;
  const wanted = options.pairs ?? PAIRS;
  if (count < 2) throw new RangeError("one image has no pair: give at least 2");
  if (!Number.isInteger(wanted) || wanted < 1) throw new RangeError(`${wanted} pairs: give a whole number`);
  const every = (count * (count - 1)) / 2;
  const chosen =
    every <= wanted ? allPairs(count) : somePairs(count, wanted, stream(options.seed, "diversity"));
  const distances = Float64Array.from(chosen, ([i, j]) => distance(features, i, j));
  const mean = meanOf(distances);
  return { mean, std: Math.sqrt(meanOf(distances.map((d) => (d - mean) ** 2))), pairs: distances.length };
}

function* allPairs(count: number): Generator<readonly [number, number]> {
  for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) yield [i, j];
}

/** Drawn with replacement; the two of a pair differ. */
function* somePairs(count: number, pairs: number, random: Stream): Generator<readonly [number, number]> {
  for (let n = 0; n < pairs; n++) {
    const i = random.integer(count);
    const j = random.integer(count - 1);
    yield [i, j < i ? j : j + 1];
  }
}

function distance({ values, size }: Features, i: number, j: number): number {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += (values[i * size + k] - values[j * size + k]) ** 2;
  return Math.sqrt(sum);
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
