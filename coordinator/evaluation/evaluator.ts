// Measures a generator: features of its images against those of real ones, with the floor that real ones have.
import { RESIZER, rowLength } from "../../shared/evaluation/extractor.ts";
import type { EvaluationTerms } from "../dashboard/events.ts";
import type { Watch } from "../metrics/pace.ts";
import type { ExtractFeatures, Metrics, ReferenceOptions } from "./asked.ts";
import { type ImageSet, imageSetOf, measure } from "./measure.ts";
import { type Reference, openReference } from "./reference.ts";

export interface Evaluation extends EvaluationTerms {
  readonly metrics: Metrics;
}

export interface EvaluatorOptions extends ReferenceOptions {
  /** Of the noise that images are drawn from, and of the subsets that metrics draw. */
  readonly seed: number;
  /** The labels in the data of the classes that the generator is told, each in turn; null where it is told none. */
  readonly asked: readonly number[] | null;
}

/** Of one extractor and one data set; the reference is made once. */
export class Evaluator {
  readonly #options: EvaluatorOptions;
  #reference: Promise<Reference> | null = null;

  constructor(options: EvaluatorOptions) {
    this.#options = options;
  }

  /**
   * Images drawn and compared; as many as asked for, at most as many as there are real ones.
   *
   * @throws whatever `extract` does, and the signal's reason
   */
  async measure(extract: ExtractFeatures, watch?: Watch): Promise<Evaluation> {
    const { seed, spec } = this.#options;
    this.#reference ??= openReference(this.#options, extract, watch);
    const reference = await this.#reference.catch((error: unknown) => {
      this.#reference = null; // it may be tried again
      throw error;
    });
    const images = reference.real.count;
    const rows = await extract({ source: "generated", seed, first: 0, images });
    const generated = imageSetOf(rows, rowLength(spec), spec, this.#labelsOf(images));
    const { accuracy, ...others } = await measure({ real: reference.real, generated, seed, watch });
    const { floor } = reference;
    const isKnown = accuracy !== undefined && floor?.metrics["accuracy"] !== undefined; // else other classes are meant
    const metrics = isKnown ? { ...others, accuracy } : others;
    return { metrics, extractor: spec.name, resizer: resizerOf(this.#options), images, seed, floor };
  }

  /** The label that each image was asked to be of; null where it is asked nothing. */
  #labelsOf(images: number): ImageSet["labels"] {
    const { asked } = this.#options;
    return asked && Int32Array.from({ length: images }, (_, i) => asked[i % asked.length]);
  }
}

/** In words: whether images are resized, from which size to which, and how. */
function resizerOf({ spec, train }: EvaluatorOptions): string {
  const [height, width] = train.imageShape;
  if (spec.size === null || (spec.size[0] === height && spec.size[1] === width)) return "none";
  return `${height}×${width} to ${spec.size[0]}×${spec.size[1]}, ${RESIZER}`;
}
