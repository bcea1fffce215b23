// The models that `ganglion bench --suite` measures: small and large, with and without second derivatives, all kinds of layers.
import type { RunConfigInput } from "../../../shared/config/config.ts";
import { GanglionError } from "../../../shared/errors.ts";

export interface SuiteModel {
  readonly name: string;
  /** A module of `tests/bench/suite/`; absent: the networks that the config names. */
  readonly module?: string;
  readonly config: Partial<RunConfigInput>;
  /** [H, W, C] */
  readonly images: readonly [number, number, number];
  /** Samples a thread. */
  readonly shard: number;
}

const DCGAN = { module: "dcgan.js", config: { preset: "mnist" } } as const;
const SIMULTANEOUS = { kind: "simultaneous" } as const;
const R3GAN_GAMMA = { regularizers: { r1: { gamma: 1 }, r2: { gamma: 1 } } } as const;

/** Small networks, five critic rounds, each with a gradient of a gradient. */
const WGAN_GP: Partial<RunConfigInput> = {
  preset: "digits",
  loss: "wasserstein",
  regularizers: { gradientPenalty: { weight: 10 } },
  schedule: { kind: "alternating", discriminatorRounds: 5 },
  optimizer: { learningRate: 1e-4, beta1: 0, beta2: 0.9 },
};

const resnet = (name: "resnet" | "sagan" | "r3gan", filters: number) =>
  ({ model: { kind: "preset", name, filters } }) as const;
const sngan = (filters: number) =>
  ({
    preset: "sngan",
    model: { kind: "preset", name: "resnet", filters, spectralNorm: "discriminator" },
    schedule: SIMULTANEOUS,
  }) as const;

/** The least first. None has the labels of a conditional GAN, which PyTorch's side lacks. */
export const SUITE: readonly SuiteModel[] = [
  { name: "digits", config: { preset: "digits" }, images: [28, 28, 1], shard: 64 },
  { name: "mnist", config: { preset: "mnist" }, images: [28, 28, 1], shard: 64 },
  { name: "classifier-28", config: { preset: "seed-cnn" }, images: [28, 28, 1], shard: 64 },
  { name: "wgan-gp-28", config: WGAN_GP, images: [28, 28, 1], shard: 64 },
  { name: "dcgan-28", ...DCGAN, images: [28, 28, 1], shard: 64 },
  { name: "dcgan-32", ...DCGAN, images: [32, 32, 3], shard: 64 },
  {
    name: "classifier-32",
    module: "classifier.js",
    config: { preset: "seed-cnn" },
    images: [32, 32, 3],
    shard: 64,
  },
  {
    name: "seed-gan",
    config: { preset: "seed-gan", schedule: SIMULTANEOUS },
    images: [28, 28, 1],
    shard: 64,
  },
  { name: "seed-gan-conv", config: { preset: "seed-gan-conv" }, images: [28, 28, 1], shard: 64 },
  { name: "r3gan-28", config: { preset: "r3gan", ...R3GAN_GAMMA }, images: [28, 28, 1], shard: 64 },
  { name: "r3gan-32", config: { preset: "r3gan", ...R3GAN_GAMMA }, images: [32, 32, 3], shard: 16 },
  { name: "dcgan-64", ...DCGAN, images: [64, 64, 3], shard: 16 },
  { name: "dcgan-64-batch-64", ...DCGAN, images: [64, 64, 3], shard: 64 },
  { name: "dcgan-64-rgba", ...DCGAN, images: [64, 64, 4], shard: 8 },
  { name: "sagan-32", config: { preset: "sagan", ...resnet("sagan", 64) }, images: [32, 32, 3], shard: 16 },
  {
    name: "wgan-gp-32",
    config: { preset: "wgan-gp", ...resnet("resnet", 32) },
    images: [32, 32, 3],
    shard: 16,
  },
  { name: "resnet-32", module: "resnet.js", config: { preset: "mnist" }, images: [32, 32, 3], shard: 16 },
  { name: "sngan-32-128", config: sngan(64), images: [32, 32, 3], shard: 16 },
  { name: "sngan-32-256", config: sngan(128), images: [32, 32, 3], shard: 8 },
  { name: "dcgan-128", ...DCGAN, images: [128, 128, 3], shard: 8 },
];

/**
 * Those whose names the words are, or contain them where no name is the word; all where there are none.
 *
 * @throws GanglionError USAGE for a word that no name contains
 */
export function chosenModels(words: readonly string[]): readonly SuiteModel[] {
  const wanted = new Set(words.flatMap(modelsOf));
  return words.length === 0 ? SUITE : SUITE.filter((model) => wanted.has(model));
}

function modelsOf(word: string): readonly SuiteModel[] {
  const named = SUITE.filter(({ name }) => name === word);
  const found = named.length > 0 ? named : SUITE.filter(({ name }) => name.includes(word));
  if (found.length > 0) return found;
  throw new GanglionError(
    "USAGE",
    `no model of the suite is called ${word}: choose from ${SUITE.map(({ name }) => name).join(", ")}, or give a part of a name`,
  );
}
