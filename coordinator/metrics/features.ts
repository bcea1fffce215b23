// What every metric reads: one row of numbers an image, as an extractor gave them.
import { GanglionError } from "../../shared/errors.ts";
import { type Stream, shuffled } from "../../shared/random/random.ts";

/** Features of `count` images, `size` numbers each. Metrics borrow them and never write. */
export interface Features {
  /** [count, size], row by row. */
  readonly values: Float32Array;
  readonly count: number;
  readonly size: number;
}

/** Class probabilities of `count` images: each row is not negative and sums to 1. */
export interface Predictions {
  /** [count, classes], row by row. */
  readonly values: Float32Array;
  readonly count: number;
  readonly classes: number;
}

/** How far a row of float32 probabilities over any number of classes may miss 1. */
const SUM_TOLERANCE = 1e-3;

/**
 * Refuses features that no metric can use.
 *
 * @param whose begins the message: "the generated images"
 * @throws RangeError where `values` is not [count, size]
 * @throws GanglionError ENGINE where a value is not finite, naming the first
 */
export function checkFeatures({ values, count, size }: Features, whose: string): void {
  checkShape(values, count, size, whose);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) {
    throw new GanglionError(
      "ENGINE",
      `${whose}: feature ${bad % size} of image ${Math.floor(bad / size)} is ${values[bad]}: ` +
        "take a checkpoint whose images are finite, and check the extractor's normalization",
    );
  }
}

/** The same for two sets that are to be compared; their sizes must agree, their counts need not. */
export function checkPair(real: Features, generated: Features): void {
  checkFeatures(real, "the reference");
  checkFeatures(generated, "the generated images");
  if (real.size !== generated.size) {
    throw new RangeError(`features of ${real.size} and of ${generated.size} cannot be compared`);
  }
}

/**
 * Refuses rows that are no probabilities.
 *
 * @throws RangeError where `values` is not [count, classes]
 * @throws GanglionError MODEL where a value is below 0 or a row does not sum to 1, naming the first
 */
export function checkPredictions({ values, count, classes }: Predictions): void {
  checkShape(values, count, classes, "class probabilities");
  for (let row = 0; row < count; row++) {
    let sum = 0;
    let least = Infinity;
    for (let i = row * classes; i < (row + 1) * classes; i++) {
      sum += values[i];
      if (!(values[i] >= least)) least = values[i];
    }
    if (least >= 0 && Math.abs(sum - 1) <= SUM_TOLERANCE) continue;
    throw new GanglionError(
      "MODEL",
      `the class probabilities of image ${row} sum to ${sum}, and the least is ${least}: ` +
        "let the extractor give probabilities (softmax), not logits",
    );
  }
}

/** A copy of the rows `indexes`, in that order. */
export function takeRows({ values, size }: Features, indexes: Uint32Array): Features {
  const taken = new Float32Array(indexes.length * size);
  indexes.forEach((index, i) => {
    taken.set(values.subarray(index * size, (index + 1) * size), i * size);
  });
  return { values: taken, count: indexes.length, size };
}

/** `count` different rows, drawn by the next words of `random`, in the order drawn; all rows, unchanged, where there are no more. */
export function drawRows(features: Features, count: number, random: Stream): Features {
  if (features.count <= count) return features;
  return takeRows(features, shuffled(features.count, random).subarray(0, count));
}

function checkShape(values: Float32Array, count: number, size: number, whose: string): void {
  if (count >= 1 && size >= 1 && values.length === count * size) return;
  throw new RangeError(`${whose}: ${values.length} values are not [${count}, ${size}]`);
}
