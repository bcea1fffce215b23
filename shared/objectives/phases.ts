// The phases of a step: which networks a round trains, on what, and with which losses.
import * as tf from "@tensorflow/tfjs-core";
import type { NetworkName, RunConfig } from "../config.ts";
import type { Networks } from "../models/networks.ts";
import { categoricalCrossEntropy, discriminatorLoss, generatorLoss } from "./losses.ts";

/** Symbolic inputs of a phase: B samples a shard. */
export interface PhaseInputs {
  /** [B, H, W, C] in [-1, 1]. */
  readonly samples: tf.Tensor;
  /** [B, classes], one-hot. */
  readonly labels: tf.Tensor;
  /** [B, Z], standard normal. */
  readonly noise: tf.Tensor;
}

export type InputName = keyof PhaseInputs;

/** Losses to minimize, by network, and what else is worth watching; all scalars. */
export interface PhaseResult {
  readonly losses: Partial<Readonly<Record<NetworkName, tf.Tensor>>>;
  readonly metrics: Readonly<Record<string, tf.Tensor>>;
}

export interface Phase {
  readonly name: string;
  readonly inputs: readonly InputName[];
  compute(networks: Networks, inputs: PhaseInputs): PhaseResult;
}

/** The rounds of one step, in order. */
export function phasesOf(config: RunConfig): readonly Phase[] {
  if (config.task === "classifier") return [classifierPhase];
  switch (config.schedule.kind) {
    case "simultaneous":
      return [bothPhase];
    case "alternating":
      return [
        ...Array.from({ length: config.schedule.discriminatorRounds }, () => discriminatorPhase),
        generatorPhase,
      ];
    default:
      return config.schedule satisfies never;
  }
}

/** D and G gradients of one weights version: both see the same G(z), computed once. */
const bothPhase: Phase = {
  name: "both",
  inputs: ["samples", "noise"],
  compute(networks, { samples, noise }) {
    const fake = train(networks.generator, noise); // [B, H, W, C]
    const realLogits = train(networks.discriminator, samples); // [B, 1]
    const fakeLogits = train(networks.discriminator, fake); // [B, 1]
    return {
      losses: {
        discriminator: discriminatorLoss(realLogits, fakeLogits),
        generator: generatorLoss(fakeLogits),
      },
      metrics: { "score/real": meanScore(realLogits), "score/fake": meanScore(fakeLogits) },
    };
  },
};

const discriminatorPhase: Phase = {
  name: "discriminator",
  inputs: ["samples", "noise"],
  compute(networks, { samples, noise }) {
    const realLogits = train(networks.discriminator, samples);
    const fakeLogits = train(networks.discriminator, train(networks.generator, noise));
    return {
      losses: { discriminator: discriminatorLoss(realLogits, fakeLogits) },
      metrics: { "score/real": meanScore(realLogits), "score/fake": meanScore(fakeLogits) },
    };
  },
};

const generatorPhase: Phase = {
  name: "generator",
  inputs: ["noise"],
  compute(networks, { noise }) {
    const fakeLogits = train(networks.discriminator, train(networks.generator, noise));
    return { losses: { generator: generatorLoss(fakeLogits) }, metrics: {} };
  },
};

const classifierPhase: Phase = {
  name: "classifier",
  inputs: ["samples", "labels"],
  compute(networks, { samples, labels }) {
    return {
      losses: { classifier: categoricalCrossEntropy(labels, train(networks.classifier, samples)) },
      metrics: {},
    };
  },
};

function train(model: Networks[NetworkName], input: tf.Tensor): tf.Tensor {
  return model!.apply(input, { training: true }) as tf.Tensor;
}

/** How real D finds the images, 0 … 1, on average. */
function meanScore(logits: tf.Tensor): tf.Tensor {
  return tf.mean(tf.sigmoid(logits));
}
