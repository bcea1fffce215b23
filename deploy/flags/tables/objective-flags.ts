// The flags of what D and G minimize, and of what D sees.
import {
  ADA_TRANSFORMS,
  AUGMENTATIONS,
  DIFF_AUGMENT_POLICIES,
  DISCRIMINATOR_CONDITIONING,
  GENERATOR_CONDITIONING,
} from "../../../shared/config/objectives/choices.ts";
import { LOSS_NAMES } from "../../../shared/config/objectives/losses.ts";
import { listOf, oneOf, positiveNumber, wholeNumber } from "../parsers.ts";
import type { ConfigFlag } from "./config-flag.ts";
import { RAMP, scheduled } from "./scheduled.ts";

export const OBJECTIVE = {
  loss: {
    argument: "<name>",
    path: "loss",
    parse: oneOf(LOSS_NAMES),
    help: `what D and G minimize: ${LOSS_NAMES.join(", ")} (default: the preset's, or non-saturating)`,
  },
  r1: {
    argument: "<γ>",
    path: "regularizers.r1.gamma",
    parse: scheduled,
    help: `penalty γ/2 · mean ‖∇D‖² at real images; ${RAMP}`,
  },
  r1Every: {
    argument: "<k>",
    path: "regularizers.r1.every",
    parse: wholeNumber(1),
    help: "in every k-th step only, where it counts k times as much, such as 16",
  },
  r2: {
    argument: "<γ>",
    path: "regularizers.r2.gamma",
    parse: scheduled,
    help: "the same at generated images",
  },
  r2Every: {
    argument: "<k>",
    path: "regularizers.r2.every",
    parse: wholeNumber(1),
    help: "as --r1-every",
  },
  gradientPenalty: {
    argument: "<λ>",
    path: "regularizers.gradientPenalty.weight",
    parse: scheduled,
    help: "WGAN-GP: λ · mean (‖∇D‖ − 1)² between real and generated images, usually 10",
  },
  dragan: {
    argument: "<λ>",
    path: "regularizers.dragan.weight",
    parse: scheduled,
    help: "the same around real images, usually 10",
  },
  consistency: {
    argument: "<λ>",
    path: "regularizers.consistency.weight",
    parse: scheduled,
    help: "bCR: D says the same of shifted and mirrored images, usually 10",
  },
  lecam: {
    argument: "<λ>",
    path: "regularizers.lecam.weight",
    parse: scheduled,
    help: "D stays near the averages of its own outputs: for few images, usually 0.3",
  },
  featureMatching: {
    argument: "<λ>",
    path: "regularizers.featureMatching.weight",
    parse: scheduled,
    help: "G matches the means of D's features",
  },
  pathLength: {
    argument: "<λ>",
    path: "regularizers.pathLength.weight",
    parse: scheduled,
    help: "G's images change evenly with its noise, usually 2; in every 4th step",
  },
  labelSmoothing: {
    argument: "<target>",
    path: "regularizers.labelSmoothing.real",
    parse: positiveNumber,
    help: "what D is to say of real images in place of 1, such as 0.9 (config field labelSmoothing.fake: of generated ones)",
  },
  instanceNoise: {
    argument: "<σ>",
    path: "regularizers.instanceNoise.stddev",
    parse: scheduled,
    help: "noise on all images that D sees, such as 0.1, or linear:0.1:0 down to none",
  },
  topK: {
    argument: "<part>",
    path: "topK",
    parse: scheduled,
    help: "G learns from this part of its images, those that D finds most real, such as linear:1:0.5",
  },
  weightClip: {
    argument: "<c>",
    path: "weightClip",
    parse: positiveNumber,
    help: "bounds every weight of D after each update, as WGAN's 0.01",
  },
  augment: {
    argument: "<how>",
    path: "augment.kind",
    parse: oneOf(AUGMENTATIONS),
    help: `of all images that D sees: ${AUGMENTATIONS.join(", ")} (default: none)`,
  },
  augmentPolicy: {
    argument: "<list>",
    path: "augment.policy",
    kind: "diff-augment",
    parse: inBritishSpelling(listOf(DIFF_AUGMENT_POLICIES)),
    help: `of diff-augment: ${DIFF_AUGMENT_POLICIES.join(",")} (default), or some of them`,
  },
  augmentProbability: {
    argument: "<p>",
    path: "augment.probability",
    kind: "ada",
    parse: scheduled,
    help: "of ada: p of each transformation, in place of one that adapts: a number, or a ramp such as cosine:0:0.3",
  },
  adaTransforms: {
    argument: "<list>",
    path: "augment.transforms",
    kind: "ada",
    parse: inBritishSpelling(listOf(ADA_TRANSFORMS)),
    help: `of ada: ${ADA_TRANSFORMS.join(",")} (default), or some of them`,
  },
  adaTarget: {
    argument: "<x>",
    path: "augment.target",
    kind: "ada",
    parse: positiveNumber,
    help: "of ada: the mean sign of D(x) at which p stays (default: 0.6)",
  },
  adaImages: {
    argument: "<n>",
    path: "augment.images",
    kind: "ada",
    parse: wholeNumber(1),
    help: "of ada: real images in which p can go from 0 to 1 (default: 500000); fewer for short runs",
  },
  conditional: {
    path: "conditional",
    help: "networks of a preset take the images' labels: classes are drawn on demand",
  },
  generatorConditioning: {
    argument: "<how>",
    path: "conditioning.generator",
    parse: oneOf(GENERATOR_CONDITIONING),
    help: `with --conditional: ${GENERATOR_CONDITIONING.join(", ")} (default: what suits the preset)`,
  },
  discriminatorConditioning: {
    argument: "<how>",
    path: "conditioning.discriminator",
    parse: oneOf(DISCRIMINATOR_CONDITIONING),
    help: `with --conditional: ${DISCRIMINATOR_CONDITIONING.join(", ")} (default: what suits the preset)`,
  },
} as const satisfies Record<string, ConfigFlag>;

/** Augmentations are "color" in their papers' programs. */
function inBritishSpelling<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => parse(text.replaceAll("color", "colour"));
}
