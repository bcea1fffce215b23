// Inception score: how sure a classifier is of each image, and how evenly it uses its classes.
import { stream, shuffled } from "../../shared/random/random.ts";
import { type Predictions, checkPredictions } from "./features.ts";

export interface InceptionScore {
  /** Between 1 and the number of classes; the mean over splits. */
  readonly mean: number;
  /** Standard deviation over splits (divided by their number), null for one split. */
  readonly std: number | null;
  readonly splits: number;
}

export interface InceptionScoreOptions {
  /** Decides which images make a split. */
  readonly seed: number;
  /** Default: 10 where each split has 5 images a class (as 50,000 images over ImageNet's classes have), else 1. */
  readonly splits?: number | undefined;
}

const SPLITS = 10;
const IMAGES_A_CLASS = 5;

/**
 * Inception score of Salimans et al., "Improved techniques for training GANs", 2016:
 *
 *   exp( mean over images of KL( p(y|x) ‖ p(y) ) )        p(y) the mean of p(y|x) over the split
 *
 * Images are shuffled by the seed before they are split, so that images in order of their classes score the same.
 *
 * @throws GanglionError MODEL where rows are no probabilities
 */
export function inceptionScore(predictions: Predictions, options: InceptionScoreOptions): InceptionScore {
  checkPredictions(predictions);
  const { count, classes } = predictions;
  const splits = options.splits ?? (count >= SPLITS * IMAGES_A_CLASS * classes ? SPLITS : 1);
  if (!Number.isInteger(splits) || splits < 1 || splits > count) {
    throw new RangeError(`${count} images do not make ${splits} splits`);
  }
  const order = shuffled(count, stream(options.seed, "inception score"));
  const scores = Array.from({ length: splits }, (_, split) => {
    const first = Math.floor((split * count) / splits);
    const end = Math.floor(((split + 1) * count) / splits);
    return scoreOf(predictions, order.subarray(first, end));
  });
  const mean = scores.reduce((sum, score) => sum + score, 0) / splits;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / splits;
  return { mean, std: splits === 1 ? null : Math.sqrt(variance), splits };
}

function scoreOf({ values, classes }: Predictions, rows: Uint32Array): number {
  const marginal = new Float64Array(classes);
  for (const row of rows)
    for (let c = 0; c < classes; c++) marginal[c] += values[row * classes + c] / rows.length;
  let divergence = 0;
  for (const row of rows)
    for (let c = 0; c < classes; c++) {
      const p = values[row * classes + c];
      if (p > 0) divergence += p * Math.log(p / marginal[c]); // 0 · log 0 = 0
    }
  return Math.exp(divergence / rows.length);
}
