// What the networks minimize, in words.
import { expect, test } from "vitest";
import { objectiveLine, objectiveRows } from "../../../../deploy/run/objective-text.ts";
import { type RunConfigInput, parseConfig, type RunConfig } from "../../../../shared/config/config.ts";

const R3GAN = {
  loss: "relativistic-pairing",
  regularizers: { r1: { gamma: { from: 2, to: 0.2 } }, r2: { gamma: 2, every: 16 } },
  optimizer: { beta1: 0, beta2: { from: 0.9, to: 0.99, endImages: 200_000 } },
  averageHalfLife: 50_000,
  averageRampUp: 0.05,
} as const;

test("all that is on stands in a row: losses with their formulas, penalties with theirs, numbers and ramps", () => {
  expect(objectiveRows(configOf(R3GAN), false)).toEqual([
    [
      "loss",
      "relativistic-pairing: real against generated, pair by pair; with --r1 and --r2 it converges (R3GAN, Huang et al. 2024)",
    ],
    ["", "D minimizes mean σ⁺(−(D(x) − D(x̂))) + r1 + r2"],
    ["", "G minimizes mean σ⁺(−(D(x̂) − D(x)))"],
    ["regularizers", "r1: γ/2 · mean ‖∇D(x)‖², γ = 2 to 0.2 (cosine, over the whole run)"],
    ["", "r2: γ/2 · mean ‖∇D(x̂)‖², γ = 2; in every 16th step only, 16 times as much"],
    ["optimizer", "adam, rate 0.0002, β₁ 0, β₂ 0.9 to 0.99 (cosine, from image 0 to 200,000)"],
    [
      "average",
      "of the generator, half-life 50,000 images, at most 0.05 of its images so far; it draws the samples",
    ],
  ]);
});

test("what is not on is not there, and networks with two optimizers have a row each", () => {
  const rows = objectiveRows(
    configOf({ optimizers: { generator: { learningRate: 1e-3 } }, average: 0 }),
    false,
  );
  expect(rows.map(([name]) => name)).toEqual([
    "loss",
    "",
    "",
    "of the generator",
    "of the discriminator",
    "average",
  ]);
  expect(objectiveRows(configOf({}), true)[0]).toEqual(["loss", "the module's own"]);
});

test("the start of a run says it in a line, where it is not the usual loss by itself", () => {
  expect(objectiveLine(configOf(R3GAN))).toBe(
    "relativistic-pairing, r1 2 to 0.2 (cosine, over the whole run), r2 2",
  );
  expect(objectiveLine(configOf({ topK: 0.5, augment: { kind: "diff-augment" } }))).toBe(
    "non-saturating, top-k 0.5, diff-augment",
  );
  expect(objectiveLine(configOf({}))).toBeNull();
});

function configOf(fields: Partial<RunConfigInput>): RunConfig {
  return parseConfig({
    model: { kind: "preset", name: "digits" },
    length: { kind: "steps", steps: 1 },
    ...fields,
  });
}
