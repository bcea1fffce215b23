// Which flags may stand beside --resume: those that say what the run has, in any way of saying it.
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import type { ConfigFlags } from "../../../../deploy/flags/config-flags.ts";
import { configFromFlags } from "../../../../deploy/flags/config-from-flags.ts";
import type { RunConfig } from "../../../../shared/config/config.ts";
import { changedConfig } from "../../../../deploy/flags/changes.ts";
import { checkFixedFlags } from "../../../../deploy/flags/resume-flags.ts";
import { temporaryFolder } from "../../../support/cli.ts";

const OWN: ConfigFlags = {
  preset: "mnist",
  batch: 32,
  shard: 8,
  seed: 7,
  optimizer: "sgd",
  momentum: 0.9,
  nesterov: true,
  learningRate: 0.05,
  generatorLearningRate: 0.01,
  learningRateSchedule: "cosine",
  warmUp: 3,
  clipNorm: 2,
  l2: 1e-4,
  weightDecay: 1e-3,
};

/** A config file with these fields. */
async function fileOf(fields: object): Promise<string> {
  const file = join(await temporaryFolder(), "config.json");
  await writeFile(file, JSON.stringify(fields));
  return file;
}

async function configOf(flags: ConfigFlags): Promise<RunConfig> {
  return (await configFromFlags(flags)).config;
}

async function refusal(flags: ConfigFlags, own: ConfigFlags = OWN): Promise<string | null> {
  return checkFixedFlags(flags, await configOf(own)).then(
    () => null,
    (error: unknown) => String(error),
  );
}

describe("are taken", () => {
  test("when they are the whole command line of the run, and each of them alone", async () => {
    expect(await refusal(OWN)).toBeNull();
    for (const [name, value] of Object.entries(OWN))
      expect(await refusal({ [name]: value }), name).toBeNull();
  });

  test("when they say what the run has though it was not told so: a preset's own values", async () => {
    const { batch, shard, seed, optimizer } = await configOf({ preset: "mnist" });
    const flags = { preset: "mnist", batch, shard, seed, learningRate: optimizer.learningRate as number };
    expect(await refusal(flags, { preset: "mnist" })).toBeNull();
  });

  test("with paths to the same files and folders, from wherever", async () => {
    const folder = await temporaryFolder();
    const own = { model: join(folder, "gan.js"), data: folder, generator: join(folder, "model.json") };
    await writeFile(own.model, "export const latentSize = 4;\nexport const generator = () => {};\n");
    const run = { ...(await configOf({})), data: folder };
    const networks = { generator: own.generator };
    const far = Object.fromEntries(Object.entries(own).map(([name, path]) => [name, relative("", path)]));
    await checkFixedFlags(far, { ...run, networks, model: { kind: "module", file: own.model } });
  });

  test("with the run's module at another place: its programs are compared, wherever it lies", async () => {
    const run = { ...(await configOf({})), model: { kind: "module", file: "/old/gan.js" } as const };
    await checkFixedFlags({ model: "/new/gan.js" }, run);
  });

  test("with the run's data at another place, also beside a config file with the old one", async () => {
    const run = { ...(await configOf({})), data: "/old/data" };
    await checkFixedFlags({ data: "/new/data" }, run);
    const config = await fileOf({ data: "/old/data" });
    await checkFixedFlags({ config, data: "/new/data" }, run);
  });

  test("with another length, which may change, also where a config file has the old one", async () => {
    expect(await refusal({ ...OWN, steps: 900 })).toBeNull();
    expect(await refusal({ epochs: 3 })).toBeNull();
    const config = await fileOf({ length: { kind: "steps", steps: 5 } });
    expect(await refusal({ config, steps: 900 }, { config })).toBeNull();
  });

  test("when they say what is drawn and kept from now on, which changes no weights", async () => {
    for (const flags of [
      { keep: "all" },
      { keep: 1 },
      { sampleEvery: 7 },
      { checkpointEvery: 9 },
      { checkpointMinutes: 2 },
    ] as const) {
      expect(await refusal(flags)).toBeNull();
      expect(changedConfig(await configOf(OWN), flags)).toMatchObject(flags);
    }
  });

  test("when a config file has what the run has: the one it was started with, or the run's own", async () => {
    const config = await fileOf({
      checkpointEvery: 10,
      optimizer: { l2: 0.5 },
      schedule: { kind: "alternating" },
    });
    const own = { config, preset: "mnist", learningRate: 0.05 };
    expect(await refusal(own, own)).toBeNull();
    expect(await refusal({ config: await fileOf(await configOf(own)) }, own)).toBeNull();
  });
});

test("filters are those of the preset where an older run's record names none", async () => {
  const run = { ...(await configOf({})), model: { kind: "preset", name: "digits" } } as const;
  await checkFixedFlags({ filters: 32, config: await fileOf({ model: run.model }) }, run);
  await expect(checkFixedFlags({ filters: 64 }, run)).rejects.toThrow(
    "--filters cannot change from 32 to 64 with --resume",
  );
});

test("a config file is compared with the run on its own data, without reading them again", async () => {
  const flags = { data: import.meta.dirname, config: await fileOf({ optimizer: { l2: 0.5 }, batch: 24 }) };
  const run = (await configFromFlags(flags)).forData({ imageShape: [200, 200, 3], count: 10_000 });
  expect(run.optimizer.learningRate).toBe(1e-4); // by the images' size
  await checkFixedFlags(flags, run);
});

describe("are refused, with the run's value and the given one,", () => {
  test.each<[ConfigFlags, string]>([
    [{ preset: "digits" }, "--preset cannot change from mnist to digits with --resume"],
    [{ ...OWN, batch: 64 }, "--batch cannot change from 32 to 64"],
    [{ shard: 16 }, "--shard cannot change from 8 to 16"],
    [{ seed: 8 }, "--seed cannot change from 7 to 8"],
    [{ model: "/gan.js" }, "--model cannot change from none to /gan.js"],
    [{ generator: "/g.json" }, "--generator cannot change from none to /g.json"],
    [{ optimizer: "adam" }, "--optimizer cannot change from sgd to adam"],
    [{ learningRate: 0.01 }, "--learning-rate cannot change from 0.05 to 0.01"],
    [{ discriminatorLearningRate: 0.01 }, "--discriminator-learning-rate cannot change from 0.05 to 0.01"],
    [{ learningRateSchedule: "linear" }, "--learning-rate-schedule cannot change from cosine to linear"],
    [{ sampleCount: 16 }, "--sample-count cannot change from 64 to 16"],
    [{ latentSize: 8 }, "--latent-size cannot change from 100 to 8"],
    [{ average: 0.9 }, "--average cannot change from 0.999 to 0.9"],
    [{ discriminatorRounds: 3 }, "--discriminator-rounds cannot change from none to 3"],
    [{ warmUp: 4 }, "--warm-up cannot change from 3 to 4"],
    [{ momentum: 0.5 }, "--momentum cannot change from 0.9 to 0.5"],
    [{ clipNorm: 1 }, "--clip-norm cannot change from 2 to 1"],
    [{ clipValue: 2 }, "--clip-value cannot change from none to 2"],
    [{ l2: 0 }, "--l2 cannot change from 0.0001 to 0"],
    [{ weightDecay: 0 }, "--weight-decay cannot change from 0.001 to 0"],
  ])("%o", async (flags, sentence) => {
    expect(await refusal(flags)).toContain(sentence);
    expect(await refusal(flags)).toContain("leave it out, or ");
  });

  test("nesterov where the run has none", async () => {
    expect(await refusal({ nesterov: true }, {})).toContain("--nesterov cannot change from false to true");
  });

  test("what a config file says, with the field", async () => {
    const cases = [
      [{ checkpointEvery: 10 }, "checkpointEvery of --config", "cannot change from 500 to 10"],
      [{ optimizer: { clip: { kind: "norm", norm: 3 } } }, "optimizer.clip.norm of --config", "from 2 to 3"],
      [{ length: { kind: "steps", steps: 5 } }, "length.", "--config"],
    ] as const;
    for (const [fields, ...sentences] of cases) {
      const { clipNorm: _, ...others } = OWN; // a flag goes before the file
      const said = await refusal({ ...others, config: await fileOf(fields) });
      for (const sentence of sentences) expect(said).toContain(sentence);
    }
  });
});
