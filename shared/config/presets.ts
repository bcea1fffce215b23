// Named configs: starting points that train, and networks to measure speed by.
import { GanglionError } from "../errors.ts";
import { COMBINATIONS } from "./named/combinations.ts";
import { dcganDefaults } from "./dcgan-defaults.ts";
import { nearest } from "./nearest.ts";
import type { Preset } from "./named/preset.ts";

const PRESETS: readonly Preset[] = [
  {
    name: "dcgan",
    description:
      "DCGAN for images of any size from 8×8 to 256×256 and any channels, its settings by their size (the default with --data)",
    config: {
      preset: "dcgan",
      model: { kind: "preset", name: "dcgan" },
      length: { kind: "epochs", epochs: 10 },
    },
    forData: dcganDefaults,
  },
  {
    name: "digits",
    description:
      "dcgan, small and fast: recognizable digits in three minutes on two cores (the default without --data)",
    config: {
      preset: "digits",
      model: { kind: "preset", name: "digits", filters: 32 },
      latentSize: 64,
      batch: 128,
      shard: 64,
      length: { kind: "steps", steps: 4500 },
      optimizer: { learningRate: 5e-4, beta2: 0.99 },
    },
  },
  {
    name: "mnist",
    description: "dcgan with settings for 28×28 grey images such as MNIST's",
    config: {
      preset: "mnist",
      model: { kind: "preset", name: "mnist", filters: 64 },
      length: { kind: "epochs", epochs: 10 },
    },
  },
  {
    name: "seed-gan",
    description: "5×5 transposed convolutions of 128 channels against a dense discriminator, Adam 1e-4",
    config: {
      preset: "seed-gan",
      model: { kind: "preset", name: "seed-gan" },
      length: { kind: "epochs", epochs: 10 },
      optimizer: { learningRate: 1e-4 },
      // One round of D a step is too few: G turns all black, its tanh saturates, and it never comes back (tried).
      schedule: { kind: "alternating", discriminatorRounds: 2 },
    },
  },
  {
    name: "seed-gan-conv",
    description: "seed-gan with two convolutions in the discriminator, to measure speed by: G turns black",
    config: {
      preset: "seed-gan-conv",
      model: { kind: "preset", name: "seed-gan-conv" },
      length: { kind: "epochs", epochs: 10 },
      optimizer: { learningRate: 1e-4 },
    },
  },
  {
    name: "seed-cnn",
    description:
      "a classifier on the same coordinator and workers: two convolutions, 99 % on MNIST in 5 epochs",
    config: {
      preset: "seed-cnn",
      task: "classifier",
      model: { kind: "preset", name: "seed-cnn" },
      batch: 32,
      shard: 16,
      length: { kind: "epochs", epochs: 5 },
      optimizer: { learningRate: 1e-3, beta1: 0.9 },
      average: 0,
    },
  },
  ...COMBINATIONS,
];

export function presets(): readonly Preset[] {
  return PRESETS;
}

/** @throws GanglionError CONFIG that suggests the nearest name */
export function findPreset(name: string): Preset {
  const preset = PRESETS.find((candidate) => candidate.name === name);
  if (preset) return preset;
  const names = PRESETS.map((candidate) => candidate.name);
  throw new GanglionError(
    "CONFIG",
    `there is no preset "${name}": did you mean ${nearest(name, names)}? (${names.join(", ")})`,
  );
}
