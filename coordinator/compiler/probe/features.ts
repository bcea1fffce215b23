// A discriminator's features: what the last weighted layer before its first output is given.
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, type SymbolicTensor, model as functionalModel } from "@tensorflow/tfjs-layers";
import { featuresOf } from "../objectives/features.ts";

/** Of B images: features [B, …] where the network shows any, and one score each, [B], where its first output is one. */
export interface Judgement {
  readonly features: tf.Tensor | null;
  readonly score: tf.Tensor | null;
}

/** The discriminator in training, with its features. */
export function withFeatures(discriminator: LayersModel): (inputs: tf.Tensor | tf.Tensor[]) => Judgement {
  const [output] = discriminator.outputs;
  const features = featuresOf(discriminator);
  const judge = functionalModel({
    inputs: discriminator.inputs,
    outputs: features ? [output, features] : [output],
  });
  judge.name = discriminator.name; // its calls are the discriminator's
  return (inputs) => {
    const made = judge.apply(inputs, { training: true }) as tf.Tensor | tf.Tensor[];
    const [score, seen = null] = Array.isArray(made) ? made : [made];
    return { features: seen, score: isScore(output) ? meanScore(score) : null };
  };
}

/** One number an image, or one a patch. */
function isScore({ shape }: SymbolicTensor): boolean {
  return shape.length === 1 || shape.at(-1) === 1;
}

function meanScore(score: tf.Tensor): tf.Tensor {
  return score.rank === 1 ? score : tf.mean(tf.reshape(score, [score.shape[0], -1]), 1);
}
