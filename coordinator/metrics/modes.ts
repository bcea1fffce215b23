// What a classifier says generated images show: the classes that occur, their shares, and whether they are those asked for.
import type { Predictions } from "./features.ts";

export interface Modes {
  /** Classes of the reference that at least one generated image shows. */
  readonly captured: number;
  /** Classes that the reference has. */
  readonly classes: number;
  /** KL(generated ‖ reference) of the classes' shares, in nats: 0 for equal shares, never infinite. */
  readonly divergence: number;
}

/** The likeliest class of each image, the first of equals. */
export function predictedClasses({ values, count, classes }: Predictions): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (values[row * classes + c] > values[row * classes + best]) best = c;
    return best;
  });
}

/** Images of each class. @throws RangeError for a class outside of 0 … classes - 1 */
export function countClasses(ofImages: ArrayLike<number>, classes: number): Uint32Array {
  const counts = new Uint32Array(classes);
  for (let i = 0; i < ofImages.length; i++) {
    const c = ofImages[i];
    if (!Number.isInteger(c) || c < 0 || c >= classes) throw new RangeError(`class ${c} of ${classes}`);
    counts[c]++;
  }
  return counts;
}

/**
 * Modes captured, and the divergence of the shares, as in Srivastava et al., "VEEGAN", 2017:
 *
 *   Σ_c p(c) · ln( p(c) / q(c) )        p generated, q reference; 0 · ln 0 = 0
 *
 * Where generated images show a class that the reference lacks, q would be 0 and the sum infinite: then every class of
 * the reference counts half an image more.
 *
 * @param generated images of each class [K]; likewise `reference`: of the same classifier, or of the labels
 */
export function compareModes(generated: Uint32Array, reference: Uint32Array): Modes {
  const classes = reference.length;
  if (generated.length !== classes) throw new RangeError(`${generated.length} classes against ${classes}`);
  const extra = generated.some((n, c) => n > 0 && reference[c] === 0) ? 0.5 : 0;
  const generatedTotal = sum(generated);
  const referenceTotal = sum(reference) + extra * classes;
  let divergence = 0;
  generated.forEach((n, c) => {
    if (n === 0) return;
    const p = n / generatedTotal;
    divergence += p * Math.log((p * referenceTotal) / (reference[c] + extra));
  });
  return {
    captured: reference.reduce((captured, n, c) => captured + (n > 0 && generated[c] > 0 ? 1 : 0), 0),
    classes: reference.reduce((present, n) => present + (n > 0 ? 1 : 0), 0),
    divergence: Math.max(divergence, 0), // rounding may leave -1e-17
  };
}

/** Share of images, 0 … 1, whose predicted class is the one asked for. */
export function conditionalAccuracy(predicted: ArrayLike<number>, asked: ArrayLike<number>): number {
  if (predicted.length !== asked.length || asked.length === 0) {
    throw new RangeError(`${predicted.length} predictions for ${asked.length} images`);
  }
  let right = 0;
  for (let i = 0; i < asked.length; i++) if (predicted[i] === asked[i]) right++;
  return right / asked.length;
}

function sum(counts: Uint32Array): number {
  return counts.reduce((total, n) => total + n, 0);
}
