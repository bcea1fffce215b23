// What D says of images, and of what it makes them: its outputs, and the features before the last of them.
import type * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, model as makeModel } from "@tensorflow/tfjs-layers";
import { featuresOf } from "./features.ts";

export interface Judgement {
  /** Unbounded, high for real: [B, 1], or [B, h, w, 1] for patches; several where D has several outputs. */
  readonly logits: readonly tf.Tensor[];
  /** [B, classes], of D's auxiliary classifier; null where it has none. */
  readonly classes: tf.Tensor | null;
  /** What enters the last layer with a kernel before D's first output, [B, …]; the images where there is none before. */
  readonly features: tf.Tensor;
}

export interface Judged {
  readonly discriminator: LayersModel;
  /** [B, classes]: given where D takes labels. */
  readonly labels?: tf.Tensor | undefined;
  /** Number of classes of the data. */
  readonly classes: number;
  /** What is done to all images before D sees them. */
  readonly prepare: (images: tf.Tensor) => tf.Tensor;
}

/**
 * D in training, for images [B, H, W, C]. A batch is prepared and judged once: whoever asks again, such as R1 of the
 * samples, is given the same judgement, of the same draws.
 */
export function createJudge({
  discriminator,
  labels,
  classes,
  prepare,
}: Judged): (images: tf.Tensor) => Judgement {
  const features = featuresOf(discriminator);
  const { inputs, outputs } = discriminator;
  const whole = features ? makeModel({ inputs, outputs: [...outputs, features] }) : discriminator;
  whole.name = discriminator.name; // its calls are the discriminator's
  const hasClasses = hasAuxiliaryClassifier(discriminator, classes);
  const known = new Map<tf.Tensor, Judgement>();
  return (images) => {
    const before = known.get(images);
    if (before) return before;
    const seen = prepare(images);
    const given = inputs.length > 1 ? [seen, labels!] : seen;
    const made = [whole.apply(given, { training: true }) as tf.Tensor | tf.Tensor[]].flat();
    const said = made.slice(0, outputs.length);
    const judgement: Judgement = {
      logits: hasClasses ? said.slice(0, 1) : said,
      classes: hasClasses ? said[1] : null,
      features: features ? made[outputs.length] : seen,
    };
    known.set(images, judgement);
    return judgement;
  };
}

/** AC-GAN (Odena et al. 2017): a second output with a logit for each class. */
export function hasAuxiliaryClassifier({ outputs }: LayersModel, classes: number): boolean {
  return (
    outputs.length === 2 && classes > 1 && outputs[1].shape.length === 2 && outputs[1].shape[1] === classes
  );
}
