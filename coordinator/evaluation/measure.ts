// All metrics of one set of images against another.
import type { ExtractorSpec } from "../../shared/evaluation/extractor.ts";
import { pairwiseDiversity } from "../metrics/diversity.ts";
import type { Features, Predictions } from "../metrics/features.ts";
import { frechetDistance } from "../metrics/frechet-distance.ts";
import { inceptionScore } from "../metrics/inception-score.ts";
import { kernelDistance } from "../metrics/kernel-distance.ts";
import { manifoldMetrics } from "../metrics/manifold.ts";
import { compareModes, conditionalAccuracy, countClasses, predictedClasses } from "../metrics/modes.ts";
import { type Moments, momentsOf } from "../metrics/moments.ts";
import { type Watch, partOf } from "../metrics/pace.ts";
import { mongeDistance } from "../metrics/sliced-wasserstein.ts";
import type { Metrics } from "./asked.ts";

/** What is known of some images. */
export interface ImageSet {
  readonly count: number;
  readonly features: Features;
  /** Null where the extractor has no classes. */
  readonly predictions: Predictions | null;
  /** [count], the label that each image has in the data, or was asked to be of; null without labels. */
  readonly labels: Int32Array | null;
  /** Of the features, where they are known. */
  readonly moments?: Moments;
}

/** Rows [N, F + K] apart. */
export function imageSetOf(
  rows: Float32Array,
  row: number,
  { featureCount, classCount }: ExtractorSpec,
  labels: ImageSet["labels"],
): ImageSet {
  const count = rows.length / row;
  const values = new Float32Array(count * featureCount);
  const probabilities = new Float32Array(count * classCount);
  for (let i = 0; i < count; i++) {
    const classes = i * row + featureCount;
    values.set(rows.subarray(i * row, classes), i * featureCount);
    probabilities.set(rows.subarray(classes, classes + classCount), i * classCount);
  }
  return {
    count,
    features: { values, count, size: featureCount },
    predictions: classCount > 0 ? { values: probabilities, count, classes: classCount } : null,
    labels,
  };
}

/** Images `from … to - 1`; a view. */
export function slicedSet({ features, predictions, labels }: ImageSet, from: number, to: number): ImageSet {
  const count = to - from;
  const { size } = features;
  return {
    count,
    features: { values: features.values.subarray(from * size, to * size), count, size },
    predictions: predictions && {
      values: predictions.values.subarray(from * predictions.classes, to * predictions.classes),
      count,
      classes: predictions.classes,
    },
    labels: labels && labels.subarray(from, to),
  };
}

export interface MeasureOptions {
  readonly real: ImageSet;
  readonly generated: ImageSet;
  /** Of the subsets, pairs and directions that metrics draw. */
  readonly seed: number;
  readonly watch?: Watch | undefined;
}

/** How the time is divided, about, between distances, neighbours and the rest. */
const [KERNEL_ENDS, NEIGHBOURS_END, SLICES_END] = [0.35, 0.9, 0.97];

/**
 * By name: `fid`, `kid` and `kidStd` over subsets, `precision`, `recall`, `density`, `coverage`, `mind`, `diversity`; where the
 * extractor has classes `inceptionScore`, `modes` and `modesKl` as well, and where images were asked to be of a class
 * `accuracy`.
 *
 * @throws GanglionError ENGINE where a feature is not finite; the signal's reason
 */
export async function measure({ real, generated, seed, watch }: MeasureOptions): Promise<Metrics> {
  const [a, b] = [real.features, generated.features];
  const kernel = await kernelDistance(a, b, { seed }, partOf(watch, 0, KERNEL_ENDS));
  const neighbours = await manifoldMetrics(a, b, { seed }, partOf(watch, KERNEL_ENDS, NEIGHBOURS_END));
  const { mind } = await mongeDistance(a, b, { seed }, partOf(watch, NEIGHBOURS_END, SLICES_END));
  const quiet = { signal: watch?.signal };
  const fid = await frechetDistance(
    real.moments ?? (await momentsOf(a, quiet)),
    await momentsOf(b, quiet),
    partOf(watch, SLICES_END, 1),
  );
  const { precision, recall, density, coverage } = neighbours;
  return {
    fid,
    kid: kernel.mean,
    ...(kernel.std !== null && { kidStd: kernel.std }),
    precision,
    recall,
    density,
    coverage,
    mind,
    diversity: pairwiseDiversity(b, { seed }).mean,
    ...ofClasses(real, generated, seed),
  };
}

/** What a classifier says of the generated images. */
function ofClasses(real: ImageSet, { predictions, labels }: ImageSet, seed: number): Metrics {
  if (!predictions || !real.predictions) return {};
  const { classes } = predictions;
  const predicted = predictedClasses(predictions);
  const modes = compareModes(
    countClasses(predicted, classes),
    countClasses(predictedClasses(real.predictions), classes),
  );
  return {
    inceptionScore: inceptionScore(predictions, { seed }).mean,
    modes: modes.captured,
    modesKl: modes.divergence,
    ...(labels && { accuracy: conditionalAccuracy(predicted, labels) }),
  };
}
