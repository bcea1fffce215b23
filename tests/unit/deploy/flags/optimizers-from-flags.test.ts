// What the flags of the training dynamics make of presets and files, and which do not go together.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ConfigFlags } from "../../../../deploy/flags/config-flags.ts";
import { configFromFlags } from "../../../../deploy/flags/config-from-flags.ts";
import { type RunConfig, optimizerOf } from "../../../../shared/config/config.ts";
import type { Scheduled } from "../../../../shared/config/scheduled.ts";
import type { NetworkName } from "../../../../shared/config/optimizer-config.ts";
import type { GanglionError } from "../../../../shared/errors.ts";
import { temporaryFolder } from "../../../support/cli.ts";

describe("a flag", () => {
  test("changes its field and leaves the preset's others", async () => {
    const { optimizer } = await configOf({ clipNorm: 2, l2: 1e-4, weightDecay: 0.1, warmUp: 10 });
    expect(optimizer).toMatchObject({
      kind: "adam",
      learningRate: 5e-4, // of digits
      beta2: 0.99,
      clip: { kind: "norm", norm: 2 },
      l2: 1e-4,
      weightDecay: 0.1,
      learningRateSchedule: { kind: "constant", warmUpSteps: 10 },
    });
  });

  test("of a beta leaves the other as the preset has it", async () => {
    expect((await configOf({ beta1: 0 })).optimizer).toMatchObject({ beta1: 0, beta2: 0.99 });
    expect((await configOf({ beta2: 0.9, optimizer: "adamw" })).optimizer).toMatchObject({
      beta1: 0.5,
      beta2: 0.9,
    });
  });

  test("for one network leaves the other as it is", async () => {
    const config = await configOf({ generatorLearningRate: 1e-3 });
    expect(ratesOf(config)).toEqual({ generator: 1e-3, discriminator: 5e-4 });
    const both = await configOf({
      learningRate: 0.1,
      generatorLearningRate: 0.3,
      discriminatorLearningRate: 0.2,
    });
    expect(ratesOf(both)).toEqual({ generator: 0.3, discriminator: 0.2 });
    expect(optimizerOf(both, "generator")).toMatchObject({ kind: "adam", beta2: 0.99 });
  });

  test("of another optimizer starts from its own defaults, not from the preset's rate", async () => {
    expect((await configOf({ optimizer: "sgd", momentum: 0.9, nesterov: true })).optimizer).toMatchObject({
      kind: "sgd",
      learningRate: 0.01,
      momentum: 0.9,
      nesterov: true,
    });
    expect((await configOf({ optimizer: "adamw" })).optimizer).toMatchObject({
      learningRate: 5e-4,
      weightDecay: 0.01,
    });
  });

  test("of a schedule keeps the warm-up of a file, and the other way round", async () => {
    const schedule = async (given: object, flags: ConfigFlags): Promise<unknown> =>
      (await fromFile({ optimizer: { learningRateSchedule: given } }, flags)).optimizer.learningRateSchedule;
    expect(await schedule({ warmUpSteps: 7 }, { learningRateSchedule: "cosine" })).toEqual({
      kind: "cosine",
      warmUpSteps: 7,
      endFactor: 0,
    });
    expect(await schedule({ kind: "step", everySteps: 9 }, { warmUp: 3 })).toMatchObject({
      kind: "step",
      everySteps: 9,
      warmUpSteps: 3,
    });
    expect(
      await schedule({ kind: "linear", endFactor: 0.5 }, { learningRateSchedule: "linear" }),
    ).toMatchObject({ endFactor: 0.5 });
  });

  test("for every network goes before a file's field for one", async () => {
    const file = { optimizers: { generator: { learningRate: 0.3, clip: { kind: "value", value: 1 } } } };
    expect(ratesOf(await fromFile(file, {}))).toEqual({ generator: 0.3, discriminator: 5e-4 });
    const config = await fromFile(file, { learningRate: 0.1, clipNorm: 1 });
    expect(ratesOf(config)).toEqual({ generator: 0.1, discriminator: 0.1 });
    expect(optimizerOf(config, "generator").clip).toEqual({ kind: "norm", norm: 1 });
    expect(ratesOf(await fromFile(file, { generatorLearningRate: 0.2 }))).toMatchObject({ generator: 0.2 });
  });
});

describe("refuses", () => {
  test.each<[ConfigFlags, RegExp]>([
    [{ clipNorm: 1, clipValue: 2 }, /--clip-norm 1 and --clip-value 2 exclude each other: leave one out/],
    [
      { momentum: 0.9 },
      /--momentum 0\.9 is for sgd and rmsprop, .* is adam, .*: leave it out, or choose --optimizer sgd/,
    ],
    [{ beta1: 0, optimizer: "sgd" }, /--beta1 0 is for adam and adamw, .* is sgd: leave it out/],
    [{ nesterov: true, optimizer: "rmsprop" }, /--nesterov is for sgd, .* rmsprop: leave it out/],
    [
      { nesterov: true, optimizer: "sgd" },
      /optimizer\.nesterov: .*the momentum is 0: give one, such as 0\.9/,
    ],
    [{ preset: "seed-cnn", generatorLearningRate: 0.1 }, /a run of task classifier has no generator/],
    [{ warmUp: 5, steps: 5 }, /a warm-up of 5 steps is not over when the run ends after 5/],
    [{ learningRate: 11 }, /optimizer\.learningRate: give a number of at most 10, not 11/],
    [
      { discriminatorLearningRate: 11 },
      /optimizers\.discriminator\.learningRate: give a number of at most 10, not 11/,
    ],
  ])("%j", async (flags, sentence) => {
    const refused = configFromFlags(flags).then(() => null, (error: GanglionError) => error); // prettier-ignore
    expect((await refused)?.message).toMatch(sentence);
    expect((await refused)?.exitCode).toBe(2);
  });
});

async function fromFile(content: object, flags: ConfigFlags): Promise<RunConfig> {
  const config = join(await temporaryFolder(), "config.json");
  await writeFile(config, JSON.stringify(content));
  return configOf({ ...flags, config });
}

async function configOf(flags: ConfigFlags): Promise<RunConfig> {
  return (await configFromFlags(flags)).config;
}

function ratesOf(config: RunConfig): Record<string, Scheduled> {
  const names = ["generator", "discriminator"] as const satisfies readonly NetworkName[];
  return Object.fromEntries(names.map((name) => [name, optimizerOf(config, name).learningRate]));
}
