// Configs: what is filled in, and that every refusal names the field, the value and what is allowed.
import { describe, expect, test } from "vitest";
import {
  type RunConfigInput,
  optimizerOf,
  parseConfig,
  shardsOf,
  totalSteps,
} from "../../../../shared/config/config.ts";
import { GanglionError } from "../../../../shared/errors.ts";
import type { OptimizerConfig } from "../../../../shared/config/optimizer-config.ts";
import { findPreset, presets } from "../../../../shared/config/presets.ts";

const LEAST: RunConfigInput = {
  model: { kind: "preset", name: "digits" },
  length: { kind: "steps", steps: 10 },
};

test("fills in the defaults", () => {
  expect(parseConfig(LEAST)).toEqual({
    preset: "digits",
    task: "gan",
    model: { kind: "preset", name: "digits" },
    networks: {},
    data: "strokes",
    images: { size: null, fit: "cover", background: "#ffffff", channels: null, flip: false, skipBad: false },
    latentSize: 100,
    batch: 128,
    shard: 64,
    length: { kind: "steps", steps: 10 },
    schedule: { kind: "simultaneous" },
    optimizer: {
      kind: "adam",
      learningRate: 2e-4,
      beta1: 0.5,
      beta2: 0.999,
      epsilon: 1e-7,
      learningRateSchedule: { kind: "constant", warmUpSteps: 0 },
      clip: { kind: "none" },
      l2: 0,
      weightDecay: 0,
    },
    optimizers: {},
    average: 0.999,
    regularizers: {},
    topK: 1,
    augment: { kind: "none" },
    conditional: false,
    conditioning: { classWeight: 1 },
    seed: 1,
    sampleEvery: 250,
    sampleCount: 64,
    evaluateEvery: 0,
    evaluateImages: 10_000,
    checkpointEvery: 500,
    checkpointMinutes: 10,
    values: {},
    keep: "thinned",
    history: [],
  });
});

test("a parsed config parses to itself: a resumed run has the config it began with", () => {
  for (const { config } of presets()) {
    const parsed = parseConfig(config);
    expect(parseConfig(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
  }
});

test("every preset is a config of its own name", () => {
  for (const { name } of presets()) expect(parseConfig(findPreset(name).config).preset).toBe(name);
});

describe("a network's own optimizer", () => {
  const own = (optimizer: object, generator: object): OptimizerConfig =>
    optimizerOf(parseConfig({ ...LEAST, optimizer, optimizers: { generator } }), "generator");

  test("has what it does not name from the optimizer of all", () => {
    const both = { learningRate: 0.1, beta1: 0, clip: { kind: "norm", norm: 3 } };
    expect(own(both, { learningRate: 0.2 })).toMatchObject({ ...both, kind: "adam", learningRate: 0.2 });
    const config = parseConfig({ ...LEAST, optimizer: both, optimizers: { generator: { l2: 0.1 } } });
    expect(optimizerOf(config, "discriminator")).toMatchObject({ ...both, l2: 0 });
  });

  test("of another kind has only what means the same in both", () => {
    const adam = { learningRate: 1e-4, beta1: 0, l2: 0.1, weightDecay: 0.2, clip: { kind: "norm", norm: 3 } };
    const sgd = own(adam, { kind: "sgd" });
    expect(sgd).toMatchObject({
      learningRate: 0.01,
      l2: 0.1,
      weightDecay: 0,
      clip: { kind: "norm", norm: 3 },
    });
    expect(sgd).not.toHaveProperty("beta1");
    // Adam and AdamW share all but the default of what makes the difference
    expect(own(adam, { kind: "adamw" })).toMatchObject({ learningRate: 1e-4, beta1: 0, weightDecay: 0.01 });
  });
});

describe("refuses with field, value and what is allowed", () => {
  test.each<[what: string, change: object, ...says: string[]]>([
    ["no batch", { batch: 0 }, "config field batch", "greater than 0", "not 0"],
    ["half a sample", { batch: 1.5 }, "config field batch", "int", "not 1.5"],
    ["a word for a number", { latentSize: "many" }, "config field latentSize", "number", 'not "many"'],
    ["too many samples a shard", { batch: 200_000, shard: 200_000 }, "config field shard", "of at most 100000", "not 200000"],
    ["a negative seed", { seed: -1 }, "config field seed", "from 0", "not -1"],
    ["a seed beyond whole numbers", { seed: 2 ** 53 }, "config field seed", "9007199254740991"],
    ["an average that forgets nothing", { average: 1 }, "config field average", "less than 1", "not 1"],
    ["no learning rate", { optimizer: { learningRate: 0 } }, "config field optimizer.learningRate", "greater than 0", "not 0"],
    ["no data", { data: "" }, "config field data", 'not ""'],
    ["no steps", { length: { kind: "steps", steps: 0 } }, "config field length.steps", "greater than 0", "not 0"],
    ["a length of another kind", { length: { kind: "hours" } }, "config field length"],
    ["a field that is mistyped", { shards: 4 }, '"shards"', "did you mean shard?"],
    ["two fields that are mistyped", { sed: 4, dta: "x" }, '"sed" (did you mean seed?)', '"dta" (did you mean data?)'],
    ["a mistyped field inside another", { optimizer: { beta: 0.5 } }, "config field optimizer", "did you mean beta1?"],
    ["a mistyped field of a variant", { schedule: { kind: "alternating", discriminatorRound: 2 } }, "config field schedule", '"discriminatorRound"', "did you mean discriminatorRounds?"],
    ["a field of another optimizer", { optimizer: { kind: "sgd", beta1: 0.5 } }, "config field optimizer", '"beta1"', "in sgd"],
    ["an optimizer that there is not", { optimizer: { kind: "adamax" } }, "config field optimizer.kind", "choose one of adam, adamw, sgd, rmsprop", 'not "adamax"'],
    ["an optimizer that is none", { optimizer: 3 }, "config field optimizer", "expected object", "not 3"],
    ["an optimizer of a network that is none", { optimizers: { generator: 3 } }, "config field optimizers.generator", "expected object", "not 3"],
    ["Nesterov without momentum", { optimizer: { kind: "sgd", nesterov: true } }, "config field optimizer.nesterov", "the momentum is 0", "such as 0.9"],
    ["clipping by two things", { optimizer: { clip: { kind: "norm", norm: 1, value: 1 } } }, "config field optimizer.clip", '"value"', "in norm"],
    ["a clip of nothing", { optimizer: { clip: { kind: "norm", norm: 0 } } }, "config field optimizer.clip.norm", "greater than 0", "not 0"],
    ["L2 that pushes", { optimizer: { l2: -1 } }, "config field optimizer.l2", "from 0", "not -1"],
    ["a mistyped field of a schedule", { optimizer: { learningRateSchedule: { kind: "cosine", endfactor: 0.1 } } }, "config field optimizer.learningRateSchedule", '"endfactor"', "did you mean endFactor?"],
    ["a warm-up that the run does not outlast", { optimizer: { learningRateSchedule: { warmUpSteps: 10 } } }, "config field optimizer.learningRateSchedule.warmUpSteps", "warm-up of 10 steps", "ends after 10"],
    ["such a warm-up of one network", { optimizers: { generator: { learningRateSchedule: { warmUpSteps: 11 } } } }, "config field optimizers.generator.learningRateSchedule.warmUpSteps", "warm-up of 11 steps"],
    ["an optimizer of a network that the task has not", { task: "classifier", optimizers: { generator: {} } }, "config field optimizers.generator", "classifier has no generator"],
    ["a mistyped network", { optimizers: { generater: {} } }, "config field optimizers", '"generater"', "did you mean generator?"],
    ["a mistyped network that is saved", { networks: { generater: "model.json" } }, "config field networks", '"generater"', "did you mean generator?"],
    ["a field that belongs inside another", { steps: 3 }, '"steps" (did you mean length.steps?)'],
    ["a mistyped one", { learning_rate: 3 }, '"learning_rate" (did you mean optimizer.learningRate?)'],
    ["one that belongs deeper", { warmUpSteps: 3 }, '"warmUpSteps" (did you mean optimizer.learningRateSchedule.warmUpSteps?)'],
    ["a shard that does not divide the batch", { batch: 10, shard: 4 }, "config field shard", "4 samples", "batch of 10", "choose one that does"],
  ])("%s", (_what, change, ...says) => {
    const message = refusalOf({ ...LEAST, ...change });
    for (const part of says) expect(message).toContain(part);
  }); // prettier-ignore

  test("all faults at once", () => {
    const message = refusalOf({ ...LEAST, batch: 0, seed: -1 });
    expect(message).toContain("config field batch");
    expect(message).toContain("; config field seed");
  });

  test.each([null, 3, "digits", []])("%j instead of a config", (input) => {
    expect(refusalOf(input)).toMatch(/^config: .*expected object/);
  });
});

test("an unknown preset suggests the nearest and lists them all", () => {
  expect(() => findPreset("seed_gan")).toThrow(
    'there is no preset "seed_gan": did you mean seed-gan? (dcgan, digits, mnist, seed-gan, seed-gan-conv, seed-cnn, resnet, wgan-gp, sngan, sagan, acgan, r3gan)',
  );
});

test("a batch has batch ÷ shard shards", () => {
  expect(shardsOf(parseConfig({ ...LEAST, batch: 96, shard: 16 }))).toBe(6);
});

test("a run of epochs has as many whole steps as its samples give", () => {
  const length = (epochs: number): number =>
    totalSteps(parseConfig({ ...LEAST, length: { kind: "epochs", epochs } }), 100, 32);
  expect(length(1)).toBe(3); // 100 / 32 = 3.125
  expect(length(2)).toBe(6); // 200 / 32 = 6.25
  expect(length(0.01)).toBe(1); // never none
  expect(totalSteps(parseConfig(LEAST), 100, 32)).toBe(10); // steps are steps
});

function refusalOf(input: unknown): string {
  try {
    parseConfig(input);
  } catch (error) {
    if (error instanceof GanglionError) {
      expect([error.code, error.exitCode]).toEqual(["CONFIG", 2]);
      return error.message;
    }
    throw error;
  }
  throw new Error(`${JSON.stringify(input)} was accepted`);
}
