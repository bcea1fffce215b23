// The flags that decide a run's weights: one row each, with the config field that it sets.
import { resolve } from "node:path";
import type { Command } from "commander";
import { LEARNING_RATE_SCHEDULES, OPTIMIZERS } from "../../shared/config/optimizer-names.ts";
import { EVALUATION } from "../evaluation/evaluation-flags.ts";
import { presets } from "../../shared/config/presets.ts";
import { type FlagValues, addFlags } from "./flag.ts";
import { CHANNELS, FITS } from "../../shared/data/image-choices.ts";
import {
  colour,
  fraction,
  imageSize,
  numberFromZero,
  oneOf,
  oneOfNumbers,
  positiveNumber,
  wholeNumber,
} from "./parsers.ts";
import { ACCEPTED_DATA } from "../../shared/data/formats.ts";
import { namedValue } from "./tables/named-value.ts";
import type { ConfigFlag } from "./tables/config-flag.ts";
import { INITIALIZERS, SPECTRAL_NORMS } from "../../shared/config/objectives/choices.ts";
import { OBJECTIVE } from "./tables/objective-flags.ts";
import { RAMP, scheduled, scheduledAboveZero } from "./tables/scheduled.ts";
import { KEEPING } from "./tables/keeping-flags.ts";
import { wholePath } from "./whole-path.ts";

const SCHEDULES = ["simultaneous", "alternating"] as const;

const NETWORKS_AND_DATA = {
  preset: {
    argument: "<name>",
    path: "preset",
    help: "a named config to start from (default: with --data dcgan, else digits)",
  },
  config: {
    argument: "<file>",
    help: "JSON with config fields that override the preset's; a module that it names must have been named with --model before",
  },
  model: {
    argument: "<file>",
    path: "model.file",
    kind: "module",
    keep: resolve,
    onResume: "moves",
    help: "a module with networks of your own: generator(context), discriminator(context)",
  },
  filters: {
    argument: "<n>",
    path: "model.filters",
    parse: wholeNumber(1, 1024),
    help: "of a preset that follows the images' size: channels next to the image, more with each stage (default: the preset's)",
  },
  blocks: {
    argument: "<n>",
    path: "model.blocks",
    parse: wholeNumber(1, 8),
    help: "of r3gan: residual blocks of each stage (default: 1)",
  },
  spectralNorm: {
    argument: "<where>",
    path: "model.spectralNorm",
    parse: oneOf(SPECTRAL_NORMS),
    help: `of a preset's networks: ${SPECTRAL_NORMS.join(", ")} (default: the preset's)`,
  },
  minibatchStddev: {
    path: "model.minibatchStdDev",
    help: "D of a preset sees how much the images of a shard differ",
  },
  attention: {
    argument: "<side>",
    path: "model.attention",
    parse: wholeNumber(0, 256),
    help: "self-attention in a preset's networks, on maps of this side, such as 16; 0: none (default: the preset's)",
  },
  equalized: { path: "model.equalized", help: "equalized learning rates in a preset's networks" },
  initializer: {
    argument: "<name>",
    path: "model.initializer",
    parse: oneOf(INITIALIZERS),
    help: `of a preset's kernels: ${INITIALIZERS.join(", ")} (default: the preset's)`,
  },
  generator: {
    argument: "<file>",
    path: "networks.generator",
    keep: resolve,
    help: "a saved network to go on with as the generator: a model.json of tfjs, a .keras or .h5 file of Keras",
  },
  discriminator: {
    argument: "<file>",
    path: "networks.discriminator",
    keep: resolve,
    help: "the same for the discriminator",
  },
  data: {
    argument: "<path|name>",
    path: "data",
    keep: wholePath,
    onResume: "moves",
    help: ACCEPTED_DATA,
  },
  latentSize: {
    argument: "<n>",
    path: "latentSize",
    parse: wholeNumber(1, 65_536),
    help: "numbers in a noise vector (default: the preset's, or the networks' own)",
  },
  batch: { argument: "<n>", path: "batch", parse: wholeNumber(1), help: "samples a step" },
  shard: {
    argument: "<n>",
    path: "shard",
    parse: wholeNumber(1),
    help: "samples a shard; must divide the batch",
  },
  steps: {
    argument: "<n>",
    path: "length.steps",
    kind: "steps",
    parse: wholeNumber(1),
    onResume: "changes",
    help: "steps of the whole run",
  },
  epochs: {
    argument: "<n>",
    path: "length.epochs",
    kind: "epochs",
    parse: wholeNumber(1),
    conflicts: "steps",
    onResume: "changes",
    help: "its length in passes over the data instead",
  },
  seed: {
    argument: "<n>",
    path: "seed",
    parse: wholeNumber(0),
    help: "decides initial weights, sample order and noise",
  },
} as const satisfies Record<string, ConfigFlag>;

export const IMAGES = {
  imageSize: {
    argument: "<side|heightxwidth>",
    path: "images.size",
    parse: imageSize,
    help: "resize all images, such as 64 or 64x48 (height x width); without it they are taken as they are, which must be all of one size",
  },
  fit: {
    argument: "<how>",
    path: "images.fit",
    parse: oneOf(FITS),
    help: "of images of another shape: cover cuts the middle out (default), contain leaves borders, stretch distorts",
  },
  background: {
    argument: "<colour>",
    path: "images.background",
    parse: colour,
    help: "behind transparent pixels and in borders, such as #808080 or black (default: white)",
  },
  channels: {
    argument: "<n>",
    path: "images.channels",
    parse: oneOfNumbers(CHANNELS),
    help: "1 grey, 3 colour, 4 colour and alpha (default: 3 where any image has colour, else 1)",
  },
  flip: {
    path: "images.flip",
    help: "each image also mirrored left to right: twice as many samples an epoch",
  },
  skipBad: {
    path: "images.skipBad",
    help: "go on without pictures that cannot be read; skipped.txt in the run's folder lists them",
  },
} as const satisfies Record<string, ConfigFlag>;

const DYNAMICS = {
  optimizer: {
    argument: "<name>",
    path: "optimizer.kind",
    parse: oneOf(OPTIMIZERS),
    help: `${OPTIMIZERS.join(", ")} (default: the preset's, adam)`,
  },
  learningRate: {
    argument: "<x>",
    path: "optimizer.learningRate",
    parse: scheduledAboveZero,
    help: `step size, for every network: ${RAMP}`,
  },
  generatorLearningRate: {
    argument: "<x>",
    path: "optimizers.generator.learningRate",
    parse: scheduledAboveZero,
    help: "the generator's own",
  },
  discriminatorLearningRate: {
    argument: "<x>",
    path: "optimizers.discriminator.learningRate",
    parse: scheduledAboveZero,
    help: "the discriminator's own",
  },
  learningRateSchedule: {
    argument: "<name>",
    path: "optimizer.learningRateSchedule.kind",
    parse: oneOf(LEARNING_RATE_SCHEDULES),
    help: "the rate over the run: constant, linear or cosine (down to 0), step (halved every 1000 steps)",
  },
  warmUp: {
    argument: "<steps>",
    path: "optimizer.learningRateSchedule.warmUpSteps",
    parse: wholeNumber(0),
    help: "the rate rises to its value in so many steps",
  },
  beta1: {
    argument: "<x>",
    path: "optimizer.beta1",
    parse: scheduled,
    help: "of adam and adamw: decay of the first moment; a number or a ramp (default: 0.5, or the preset's)",
  },
  beta2: {
    argument: "<x>",
    path: "optimizer.beta2",
    parse: scheduled,
    help: "of adam and adamw: decay of the second moment, such as cosine:0.9:0.99 (default: 0.999, or the preset's)",
  },
  momentum: {
    argument: "<x>",
    path: "optimizer.momentum",
    parse: fraction,
    help: "of sgd and rmsprop, such as 0.9",
  },
  nesterov: { path: "optimizer.nesterov", help: "sgd looks ahead along its momentum" },
  clipNorm: {
    argument: "<x>",
    path: "optimizer.clip.norm",
    kind: "norm",
    parse: positiveNumber,
    help: "the longest that a network's gradient may be, such as 1",
  },
  clipValue: {
    argument: "<x>",
    path: "optimizer.clip.value",
    kind: "value",
    parse: positiveNumber,
    help: "bounds every number of it instead",
  },
  l2: {
    argument: "<x>",
    path: "optimizer.l2",
    parse: numberFromZero,
    help: "adds x · w to the gradient of kernels, such as 1e-4",
  },
  weightDecay: {
    argument: "<x>",
    path: "optimizer.weightDecay",
    parse: numberFromZero,
    help: "shrinks kernels by rate · x a step, beside the gradient",
  },
  value: {
    argument: "<name=schedule...>",
    path: "values",
    parse: namedValue,
    gather: Object.fromEntries,
    help: "a number that networks and losses read as now.values.NAME: NAME=1, or from one to another over steps, NAME=FROM:TO:START:END, NAME=cosine:FROM:TO:START:END, NAME=step:FROM:TO:AT",
  },
  schedule: {
    argument: "<name>",
    path: "schedule.kind",
    parse: oneOf(SCHEDULES),
    help: "simultaneous: both networks in one round; alternating: rounds of D, then one of G (default: the preset's)",
  },
  discriminatorRounds: {
    argument: "<n>",
    path: "schedule.discriminatorRounds",
    kind: "alternating",
    parse: wholeNumber(1, 100),
    help: "rounds of D before each of G, alternating",
  },
  average: {
    argument: "<decay>",
    path: "average",
    parse: fraction,
    help: "decay of the generator's moving average, which draws the samples; 0: none (default: 0.999)",
  },
  averageHalfLife: {
    argument: "<images>",
    path: "averageHalfLife",
    parse: scheduled,
    help: "images after which a weight counts half in the average, in place of its decay; a number or a ramp",
  },
  averageRampUp: {
    argument: "<part>",
    path: "averageRampUp",
    parse: positiveNumber,
    help: "the half-life is at most this part of the images so far, such as 0.05",
  },
} as const satisfies Record<string, ConfigFlag>;

export const CONFIG_FLAGS = {
  ...NETWORKS_AND_DATA,
  ...IMAGES,
  ...OBJECTIVE,
  ...DYNAMICS,
  ...KEEPING,
  ...EVALUATION,
};
export type ConfigFlags = FlagValues<typeof CONFIG_FLAGS>;

export function addConfigFlags(command: Command): Command {
  const names = presets().map(({ name, description }) => `  ${name.padEnd(13)} ${description}`);
  addFlags(command, NETWORKS_AND_DATA).optionsGroup("Images:");
  addFlags(command, IMAGES).optionsGroup("Objective:");
  addFlags(command, OBJECTIVE).optionsGroup("Training dynamics:");
  addFlags(command, DYNAMICS).optionsGroup("What is drawn and kept:");
  addFlags(command, KEEPING).optionsGroup("Evaluation:");
  return addFlags(command, EVALUATION)
    .optionsGroup("Options:")
    .addHelpText("after", ADVICE)
    .addHelpText("after", `\nPresets:\n${names.join("\n")}`);
}

const ADVICE = `
Gradients that explode: a smaller --learning-rate, --clip-norm 1, or --l2 1e-4 and more.
Gradients that vanish: leaky relu instead of sigmoid or tanh, normalization between layers; adam instead of sgd.
A discriminator that wins: a smaller --discriminator-learning-rate. Every run names the layer when it happens.
A config file has more (docs/config.md): a schedule's end, an optimizer of its own for each network ("optimizers").
`;
