// What of a config PyTorch's script can do too.
import { expect, test } from "vitest";
import { atTheStart, peerObjective } from "../../../../../deploy/bench/pytorch/objective.ts";
import { type RunConfigInput, parseConfig } from "../../../../../shared/config/config.ts";
import { findPreset } from "../../../../../shared/config/presets.ts";

const objective = (preset: string, change: Partial<RunConfigInput> = {}) =>
  peerObjective(parseConfig({ ...findPreset(preset).config, ...change }));

test("has the loss, rounds, penalties and Adam of a preset", () => {
  expect(objective("wgan-gp")).toMatchObject({
    loss: "wasserstein",
    regularizers: { gradientPenalty: { weight: 10, target: 1 } },
    discriminatorRounds: 5,
    optimizers: { generator: { learningRate: 2e-4, beta1: 0, beta2: 0.9, epsilon: 1e-7 } },
  });
  expect(objective("seed-cnn")).toMatchObject({ task: "classifier", optimizers: { classifier: {} } });
});

test("numbers that follow the images are those that the run starts with", () => {
  const { regularizers, optimizers } = objective("r3gan");
  expect(regularizers).toMatchObject({ r1: { gamma: 1 }, r2: { gamma: 1 } });
  expect(optimizers.generator).toMatchObject({ learningRate: 2e-4, beta2: 0.9 });
  const ramp = { kind: "cosine", from: 3, to: 1, startImages: 0 };
  expect(atTheStart({ a: ramp, b: [ramp], c: { d: ramp } })).toEqual({ a: 3, b: [ramp], c: { d: 3 } });
});

test("refuses what the script lacks by its name", () => {
  const refused = (change: Partial<RunConfigInput>) => () => objective("dcgan", change);
  expect(refused({ regularizers: { lecam: {} } })).toThrow("no lecam, only r1, r2, gradientPenalty");
  expect(refused({ regularizers: { r1: { every: 16 } } })).toThrow("no lazy r1");
  expect(refused({ augment: { kind: "diff-augment" } })).toThrow("no augmentation such as diff-augment");
  expect(refused({ topK: 0.5 })).toThrow("no top-k training");
  expect(refused({ conditional: true })).toThrow("no networks that are given labels");
  expect(refused({ weightClip: 0.01 })).toThrow("no clipping of weights");
  expect(refused({ optimizer: { kind: "sgd" } })).toThrow("Adam only, and the generator's optimizer is sgd");
  expect(refused({ optimizer: { clip: { kind: "norm" } } })).toThrow("no clipping of gradients by norm");
});
