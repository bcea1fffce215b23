// The real images that a generator is measured against, and their floor: extracted once, and kept by what they depend on.
import { SampleOrder } from "../../shared/data/sample-order.ts";
import { rowLength } from "../../shared/evaluation/extractor.ts";
import type { EvaluationFloor } from "../dashboard/events.ts";
import { momentsOf } from "../metrics/moments.ts";
import type { Watch } from "../metrics/pace.ts";
import type { ExtractFeatures, Metrics, ReferenceOptions } from "./asked.ts";
import { type ImageSet, imageSetOf, measure, slicedSet } from "./measure.ts";
import { keepReference, keptReference, referenceKey } from "./reference-cache.ts";

export interface Reference {
  readonly real: ImageSet;
  readonly floor: EvaluationFloor | null;
}

/**
 * Which real images, and in which order, the same for every run and seed: so references of one data set can be compared,
 * and are made once.
 */
const REFERENCE_SEED = 0;

/** Two images have no covariance worth the name; below this there is no floor. */
const LEAST_FLOOR = 2;

/** From the cache, or made by `extract` and kept there. */
export async function openReference(
  options: ReferenceOptions,
  extract: ExtractFeatures,
  watch?: Watch,
): Promise<Reference> {
  const { spec, train, flip, cache, warn } = options;
  const samples = flip ? 2 * train.count : train.count;
  const images = Math.min(options.images, samples);
  if (images < options.images)
    warn(
      `${options.images} images are to be measured, and the data have ${samples}: ${images} are compared with ${images}`,
    );
  if (images <= spec.featureCount)
    warn(
      `${images} images are no more than the ${spec.featureCount} features of ${spec.name}: their covariance is singular, and FID is biased upwards; read KID, or measure more images`,
    );
  const row = rowLength(spec);
  const order = new SampleOrder(REFERENCE_SEED, samples);
  const labelsOf = (first: number, count: number): ImageSet["labels"] => {
    const { labels } = train;
    return (
      labels && Int32Array.from({ length: count }, (_, i) => labels[order.idAt(first + i) % train.count])
    );
  };
  const key = referenceKey({ ...options, images, seed: REFERENCE_SEED, numerics: options.numerics() });
  const kept = cache === null ? null : await keptReference(cache, key, images * row, warn);
  if (kept)
    return {
      real: await withMoments(imageSetOf(kept.rows, row, spec, labelsOf(0, images))),
      floor: kept.floor,
    };

  const apart = Math.min(images, Math.floor(samples / 2)); // images of each of the floor's two sets
  const all = Math.max(images, 2 * apart);
  const rows = await extract({ source: "train", seed: REFERENCE_SEED, first: 0, images: all });
  const whole = imageSetOf(rows, row, spec, labelsOf(0, all));
  const real = slicedSet(whole, 0, images);
  let floor: EvaluationFloor | null = null;
  if (apart >= LEAST_FLOOR) {
    const [one, other] = [slicedSet(whole, 0, apart), slicedSet(whole, apart, 2 * apart)];
    const metrics = await measure({ real: one, generated: other, seed: REFERENCE_SEED, watch });
    floor = { images: apart, metrics: withoutGuesses(metrics) };
  }
  if (cache !== null) await keepReference(cache, key, { rows: rows.subarray(0, images * row), floor }, warn);
  return { real: await withMoments(real), floor };
}

async function withMoments(real: ImageSet): Promise<ImageSet> {
  return { ...real, moments: await momentsOf(real.features) };
}

/** A classifier that is right about fewer real images knows other classes than those of the data. */
const KNOWING = 0.5;

function withoutGuesses({ accuracy, ...others }: Metrics): Metrics {
  return accuracy >= KNOWING ? { ...others, accuracy } : others;
}
