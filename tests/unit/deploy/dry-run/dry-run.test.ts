// A dry run of the smallest GAN, whose costs can be worked out by hand, and of every preset.
import { readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { describeDryRun } from "../../../../deploy/dry-run/dry-run-text.ts";
import { type DryRun, dryRun } from "../../../../deploy/dry-run/dry-run.ts";
import { configFromFlags, fixedDraft } from "../../../../deploy/flags/config-from-flags.ts";
import { parseConfig } from "../../../../shared/config/config.ts";
import { findPreset, presets } from "../../../../shared/config/presets.ts";
import { temporaryFolder } from "../../../support/cli.ts";
import { writeIdxFolder } from "../../../support/idx-folder.ts";
import { smallConfig } from "../../../support/small-run.ts";

/** 2 rounds of D and one of G, each 8 shards of 2 samples; images of 2×2, Z 3. */
async function smallDryRun(): Promise<DryRun> {
  const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [2, 2, 1], 1);
  return dryRun(fixedDraft({ ...smallConfig(30), data }), { workers: 3, threads: 1 });
}

describe("of the smallest GAN it tells", () => {
  test("layers, shapes and parameters", async () => {
    const { generator, discriminator } = (await smallDryRun()).networks;
    expect(generator).toMatchObject({ inputs: [[3]], trained: 16 + 8, untrained: 8 });
    expect(generator.layers).toMatchObject([
      { kind: "Dense", outputs: [[4]], trained: 3 * 4 + 4, untrained: 0, frozen: false },
      { kind: "BatchNormalization", outputs: [[4]], trained: 8, untrained: 8, frozen: false },
      { kind: "Reshape", outputs: [[2, 2, 1]], trained: 0, untrained: 0 },
    ]);
    expect(discriminator).toMatchObject({ inputs: [[2, 2, 1]], trained: 5, untrained: 0 });
  });

  test("the phases of a step, in their order", async () => {
    const { phases, steps } = await smallDryRun();
    const d = { name: "discriminator", trains: ["discriminator"], shards: 8, shardSize: 2 };
    expect(phases).toMatchObject([d, d, { ...d, name: "generator", trains: ["generator"] }]);
    expect(steps).toBe(30);
  });

  test("what is minimized, with the numbers of the run, and when", async () => {
    const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [2, 2, 1], 1);
    const config = smallConfig(30, {
      loss: "relativistic-pairing",
      regularizers: {
        r1: { gamma: { from: 2, to: 0.5, endImages: 1000 }, every: 16 },
        consistency: { weight: { kind: "linear", from: 10, to: 0 } },
        featureMatching: {},
        instanceNoise: {},
      },
    });
    const run = await dryRun(fixedDraft({ ...config, data }), { workers: 1, threads: 1 });
    expect(run.objective).toMatchObject([
      ["loss", expect.stringMatching(/^relativistic-pairing: /)],
      ["discriminator", "mean σ⁺(−(D(x) − D(x̂))) + r1 + consistency"],
      ["generator", "mean σ⁺(−(D(x̂) − D(x))) + featureMatching"],
      ["r1", "γ/2 · mean ‖∇D(x)‖², γ = 2 to 0.5 (cosine, from image 0 to 1,000); in every 16th step only, 16 times as much"],
      ["consistency", expect.stringMatching(/, λ = 10 to 0 \(linear, over the whole run\)$/)],
      ["featureMatching", "λ · ‖mean f(x) − mean f(x̂)‖², λ = 1"],
      ["instanceNoise", "D sees x + σ·n and x̂ + σ·n, σ = 0.1"],
    ]);
    expect(run.phases).toMatchObject([
      { computes: "its loss", every: 1, usesSamples: true },
      { computes: "its loss", every: 1, usesSamples: true },
      { name: "discriminator r1", computes: "r1", every: 16, usesSamples: false }, // the slope of one dense layer is the same everywhere
      { computes: "its loss", every: 1, usesSamples: true },
    ]);
    const text = describeDryRun(run);
    for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(110);
    expect(text).toContain("r1, every 16 steps");
  }); // prettier-ignore

  test("a lazy phase costs its share of a step", async () => {
    const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [2, 2, 1], 1);
    const costs = await Promise.all(
      [undefined, 2, 4].map(async (every) => {
        const config = smallConfig(30, every === undefined ? {} : { regularizers: { r1: { every } } });
        const run = await dryRun(fixedDraft({ ...config, data }), { workers: 1, threads: 1 });
        return run.gflopPerStep.total;
      }),
    );
    expect((costs[1] - costs[0]) / (costs[2] - costs[0])).toBeCloseTo(2, 6);
  });

  test("the operations of a step", async () => {
    // D, a shard: G(z) 2·8·3, D twice 2·2·4 each, the gradients of its kernel 2·4·2 each: 48 + 32 + 32 = 112
    // G, a shard: G(z) 48, D once 16, back through D 2·8·1, the gradient of G's kernel 2·12·2: 48 + 16 + 16 + 48 = 128
    const { gflopPerStep } = await smallDryRun();
    expect(gflopPerStep.matmul * 1e9).toBeCloseTo(8 * (2 * 112 + 128), 6);
    expect(gflopPerStep.convolution).toBe(0);
    expect(gflopPerStep.total).toBeCloseTo(gflopPerStep.matmul + gflopPerStep.rest, 12);
  });

  test("the checkpoints that it leaves, in bytes", async () => {
    // G 16 + 8 and D 5 trained, 8 moving statistics: all of them and their average, and two moments of what is trained
    const checkpointBytes = 4 * (2 * 37 + 2 * 29);
    expect((await smallDryRun()).disk).toEqual({
      checkpointBytes,
      written: 1,
      kept: 1,
      keptBytes: checkpointBytes,
    });
  });

  test("the memory of a thread: weights once, each program once", async () => {
    const { memoryPerThread } = await smallDryRun();
    const { base, weights, programs, total } = memoryPerThread;
    expect(weights).toBe(4 * (16 + 8 + 8 + 5));
    expect(programs.map(({ name, isOccasional }) => [name, isOccasional])).toEqual([
      ["discriminator", false],
      ["generator", false],
      ["samples", true],
      ["probe", true],
    ]);
    // samples: noise [4, 3] in, images [4, 2, 2, 1] out, which the binding hands out as a copy
    expect(programs[2]).toMatchObject({ ports: 4 * (12 + 2 * 16) });
    // what occasional programs compute with is not kept
    const sum = programs.reduce((all, { ports, constants, peak, isOccasional }) => all + ports + constants + (isOccasional ? 0 : peak), base + weights); // prettier-ignore
    expect(total).toBe(sum);
  });

  test("the memory of the run: coordinator, images, all threads", async () => {
    const { memory, memoryPerThread, warnings } = await smallDryRun();
    expect(memory).toMatchObject({ threads: 3, images: 20 * 4 });
    const { coordinator, images, occasional, total } = memory!;
    expect(total).toBe(coordinator + images + 3 * memoryPerThread.total + occasional);
    expect(warnings).toEqual([]);
  });

  test("that a run which does not fit needs a smaller shard or fewer threads", async () => {
    const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [2, 2, 1], 1);
    const run = await dryRun(fixedDraft({ ...smallConfig(30), data }), { workers: 3, threads: 1, machine: 3e8 }); // prettier-ignore
    expect(run.warnings).toEqual([
      {
        code: "MEMORY",
        message: expect.stringMatching(/^the run needs about 0\.\d+ GB, and this machine has 0\.30 GB: each of 3 threads takes .* smaller --shard \(now 2\), or fewer --threads or --workers$/), // prettier-ignore
      },
    ]);
  });

  test("nothing of the memory of other engines but what they need at least", async () => {
    const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [2, 2, 1], 1);
    const options = { workers: 1, threads: 1, isGraphOnCpu: false, machine: 1 };
    const run = await dryRun(fixedDraft({ ...smallConfig(30), data }), options);
    expect([run.memory, run.warnings]).toEqual([null, []]);
    expect(describeDryRun(run)).toMatch(/memory a thread +[\d.]+ k?B +at least; weights 148 B/);
  });

  test("the bytes of a round", async () => {
    // 8 shards on 3 nodes: 0-2, 3-5, 6-7; as aligned blocks 0-1, 2 · 3, 4-5 · 6-7: five vectors
    const { wire } = await smallDryRun();
    expect(wire.rounds[0]).toEqual({
      phase: "discriminator",
      weights: 3 * 4 * 37,
      gradients: 5 * 4 * (5 + 3), // D's parameters, its loss and two scores
    });
    // G's parameters and moving statistics, its loss
    expect(wire.rounds[2]).toMatchObject({ gradients: 5 * 4 * (24 + 8 + 1) });
  });

  test("all of it as text, aligned and no wider than 110 columns", async () => {
    const run = await smallDryRun();
    const text = describeDryRun(run);
    for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(110);
    for (const part of [
      "optimizer.learningRate",
      "generator: takes [3]",
      "24 parameters are trained, 8 are not",
      "8 not trained",
      "trains the discriminator  8 shards of 2",
      "GFLOP a step",
      "memory a thread",
      "over ws, with --workers 3 --threads 1",
      "time to trace",
    ])
      expect(text).toContain(part);
  });
});

describe("batch normalization", () => {
  test("is told, with the samples it sees, as text and as data", async () => {
    const run = await smallDryRun();
    expect(run.batchNormalization).toEqual({ networks: ["generator"], samples: 2 });
    expect(describeDryRun(run)).toContain(
      "\n  batch normalization of the generator takes its statistics over one shard, 2 samples, not over the batch\n",
    );
  });

  test("over a shard of 1 is warned of", async () => {
    const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [2, 2, 1], 1);
    const config = { ...smallConfig(1), data, shard: 1 };
    const run = await dryRun(fixedDraft(config), { workers: 1, threads: 1 });
    expect(run.warnings).toMatchObject([{ code: "SHARD_OF_ONE" }]);
    expect(describeDryRun(run)).toMatch(/^warning: batch normalization .* give a larger --shard/m);
  });

  test("is not mentioned where there is none", async () => {
    const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [28, 28, 1], 1);
    const config = parseConfig({ ...findPreset("seed-gan").config, data, batch: 4, shard: 2 });
    const run = await dryRun(fixedDraft(config), { workers: 1, threads: 1 });
    expect(run.batchNormalization).toBeNull();
    expect(describeDryRun(run)).not.toContain("batch normalization");
  });
});

test("what dcgan takes from the data is in the config", async () => {
  const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [17, 9, 4], 1);
  const run = await dryRun(await configFromFlags({ data, filters: 2 }), { workers: 1, threads: 1 });
  const { config, networks } = run;
  expect(config).toMatchObject({ preset: "dcgan", batch: 4, shard: 4, model: { filters: 2 } });
  expect(networks["generator"].layers.at(-1)).toMatchObject({ kind: "Cropping2D", outputs: [[17, 9, 4]] });
  expect(describeDryRun(run)).toMatch(
    /^ {2}networks +dcgan 17×9×4: 2 stages, 2 filters, [\d,]+ parameters$/m,
  );
});

test("a frozen layer is marked", async () => {
  const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [2, 2, 1], 1);
  const file = fileURLToPath(new URL("../../../support/users-models/frozen.js", import.meta.url));
  const config = { ...smallConfig(1), data, model: { kind: "module", file } as const };
  const text = describeDryRun(await dryRun(fixedDraft(config), { workers: 1, threads: 1 }));
  expect(text).toMatch(/features +Conv2D +\[2, 2, 3\] +30 {2}frozen/);
});

test.each(presets().map(({ name, config }) => [name, config] as const))("%s has one, without its data being drawn", async (_name, config) => {
  const started = performance.now();
  const run = await dryRun(fixedDraft(parseConfig(config)), { workers: 2, threads: 1 });
  expect(run.data).toMatchObject({ count: 60_000, imageShape: [28, 28, 1], classes: 10 });
  expect(run.gflopPerStep.convolution).toBeGreaterThan(0.1);
  expect(describeDryRun(run)).toContain("nothing was started");
  expect(run.traceMs).toBeLessThanOrEqual(performance.now() - started + 1);
}); // prettier-ignore

describe("losses that never use the samples", () => {
  const configOfUnusedSamples = async (): Promise<ReturnType<typeof smallConfig>> => {
    const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [2, 2, 1], 1);
    const file = fileURLToPath(new URL("../../../support/users-models/unused-samples.js", import.meta.url));
    return { ...smallConfig(1), data, model: { kind: "module", file } };
  };

  test("are warned of, once", async () => {
    const run = await dryRun(fixedDraft(await configOfUnusedSamples()), { workers: 1, threads: 1 });
    expect(run.warnings).toMatchObject([{ code: "SAMPLES_UNUSED" }]);
    expect(describeDryRun(run).match(/^warning: no loss uses the samples.{0,90}$/gm)).toHaveLength(1);
    expect((await smallDryRun()).warnings).toEqual([]);
  });

  test("are refused a length in epochs, which would never end", async () => {
    const config = { ...(await configOfUnusedSamples()), length: { kind: "epochs", epochs: 2 } as const };
    const refused = dryRun(fixedDraft(config), { workers: 1, threads: 1 });
    await expect(refused).rejects.toThrow("2 epochs would never end");
  });
});

test("labels are told, and what looks like labels and is not read", async () => {
  const data = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [2, 2, 1], 3);
  const labels = join(data, "train-labels-idx1-ubyte");
  const tell = async (): Promise<string> =>
    describeDryRun(await dryRun(fixedDraft({ ...smallConfig(30), data }), { workers: 1, threads: 1 }));
  expect(await tell()).toContain("20 of 2×2×1, 3 classes: labels 0 to 2\n");
  await rename(labels, `${labels}s`);
  const said = await tell();
  expect(said).toContain("20 of 2×2×1, no labels\n");
  expect(said).toContain(`warning: ${labels}s looks like train labels and is not read`);
});

test("a batch larger than the data is refused as a run would", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 3, [2, 2, 1], 1);
  const refused = dryRun(fixedDraft({ ...smallConfig(1), data }), { workers: 1, threads: 1 });
  await expect(refused).rejects.toThrow("batch of 16 is larger");
  expect(await readdir(folder)).toEqual(["data"]);
});

test.each(["emnist-letters-train-labels-idx1-ubyte", "train-lables-idx1-ubyte"])(
  "networks that need labels are refused with the name of a file like %s",
  async (name) => {
    const folder = await writeIdxFolder(join(await temporaryFolder(), "data"), 20, [28, 28, 1], 10);
    await rename(join(folder, "train-labels-idx1-ubyte"), join(folder, name));
    const ofPreset = parseConfig({ ...findPreset("seed-cnn").config, data: folder, batch: 4, shard: 2 });
    const said = `${join(folder, name)} looks like train labels and is not read, so that the images have none: rename it to train-labels-idx1-ubyte`;
    await expect(dryRun(fixedDraft(ofPreset), { workers: 1, threads: 1 })).rejects.toThrow(
      `a classifier needs labels, and the data set ${folder} has none; ${said}`,
    );
    const file = join(folder, "conditional.mjs");
    await writeFile(
      file,
      `export function generator({ tf, latentSize, classes }) {
        const [noise, labels] = [tf.input({ shape: [latentSize] }), tf.input({ shape: [classes] })];
        return tf.model({ inputs: [noise, labels], outputs: noise });
      }`,
    );
    const conditional = { ...smallConfig(1), data: folder, model: { kind: "module" as const, file } };
    await expect(dryRun(fixedDraft(conditional), { workers: 1, threads: 1 })).rejects.toThrow(
      `the data has no labels for a second input; ${said}`,
    );
  },
);
