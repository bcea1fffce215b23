// A new run from the weights of another: what matches by name and shape is taken, the rest is drawn, and a replay is equal.
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { loadCheckpoint, loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../coordinator/records/checkpoint/checkpoint-content.ts";
import { weightsHash } from "../../coordinator/update/weights.ts";
import type { RunFlags } from "../../deploy/run/run-setup.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import { temporaryFolder } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";
import { type Lived, live } from "../support/run-life.ts";

let folder: string;
let flags: RunFlags;
let source: Lived;

async function writeModel(name: string, hidden: number): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `
    export const generator = ({ tf, latentSize, imageShape }) => tf.sequential({ layers: [
      tf.layers.dense({ units: 16, inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: imageShape })] });
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: ${hidden} }),
      tf.layers.leakyReLU({}), tf.layers.dense({ units: 1 })] });`); // prettier-ignore
  return file;
}

beforeEach(async () => {
  folder = await temporaryFolder();
  vi.stubEnv("GANGLION_CACHE", join(folder, "cache"));
  const model = await writeModel("gan.mjs", 3);
  const data = await writeIdxFolder(join(folder, "data"), 12, [4, 4, 1], 3);
  flags = { model, data, batch: 4, shard: 2, steps: 6, learningRate: 0.01, out: join(folder, "runs") };
  source = await live(flags);
  return () => vi.unstubAllEnvs();
});

async function configOf({ setup }: Lived): Promise<RunConfig> {
  return JSON.parse(await readFile(setup.folder.configFile, "utf8")) as RunConfig;
}

async function newestOf({ setup }: Lived): Promise<Checkpoint> {
  return (await loadNewestCheckpoint(setup.folder)).checkpoint;
}

function startOf({ setup }: Lived): Promise<Checkpoint> {
  return loadCheckpoint(setup.folder.fromFile);
}

function weight({ layout }: Checkpoint, vector: Float32Array, name: string): number[] {
  return [
    ...viewOf(
      vector,
      layout.slots.find((slot) => slot.name.includes(name))!,
    ),
  ];
}

test("a run whose module is gone is forked with its own copy of it, and the fork goes on with that", async () => {
  const { model, ...plain } = flags;
  await rm(String(model));
  const forked = await live({ ...plain, from: source.setup.folder.path });
  expect((await startOf(forked)).weights).toEqual((await newestOf(source)).weights);
  expect((await newestOf(forked)).model?.module?.source).toBe((await newestOf(source)).model?.module?.source);
  const resumed = await live({ out: flags.out, resume: forked.setup.folder.path, steps: 8 });
  expect(resumed.outcome.steps).toBe(8);
});

describe("from a run of the same networks", () => {
  test("all weights are taken, the average too, with the other run's config and a step count of its own", async () => {
    const fork = await live({ out: flags.out, from: source.setup.folder.path, learningRate: 0.002 });
    const [before, start] = [await newestOf(source), await startOf(fork)];
    expect([...start.weights]).toEqual([...before.weights]);
    expect([...start.ema!]).toEqual([...before.ema!]);
    expect(start.optimizers["generator"].t).toBe(0);
    expect(fork.said).toContainEqual(expect.stringMatching(/000006\.safetensors, step 6: 6 of 6 weights taken \([\d,]+ of [\d,]+ numbers\)$/)); // prettier-ignore
    expect(fork.outcome).toMatchObject({ state: "done", steps: 6, images: 24, version: 6 });
    const config = await configOf(fork);
    expect(config).toMatchObject({ batch: 4, optimizer: { learningRate: 0.002 }, history: [] });
    expect(config.from).toMatchObject({ step: 6, weights: "raw", weightsHash: weightsHash(before.weights) });
    expect(config.from!.checkpoint).toContain("000006.safetensors");
  });

  test("its replay, and its resume before and after its first checkpoint, are equal, the other run gone", async () => {
    const fork = await live({ out: flags.out, from: source.setup.folder.path });
    const half = await live({ out: flags.out, from: source.setup.folder.path }, { stopAfter: 3 });
    await rm(source.setup.folder.path, { recursive: true });
    const moved = join(folder, "moved");
    await rename(half.setup.folder.path, moved);
    const resumed = await live({ out: flags.out, resume: moved });
    await rm(join(moved, "checkpoints"), { recursive: true });
    const begunAgain = await live({ out: flags.out, resume: moved });
    const replay = await live({ out: flags.out, config: join(moved, "config.json") });
    for (const run of [resumed, begunAgain, replay])
      expect(run.outcome.weightsHash).toBe(fork.outcome.weightsHash);
    expect(replay.outcome.weightsHash).not.toBe(source.outcome.weightsHash);
    await live({ out: flags.out, config: replay.setup.folder.configFile }); // of a replay
  });

  test("with a change in mid run, and a fork of that at its end, too", async () => {
    const half = await live({ out: flags.out, from: source.setup.folder.path }, { stopAfter: 2 });
    const run = await live({ out: flags.out, resume: half.setup.folder.path, change: ["batch=6"] });
    const again = await live({ out: flags.out, config: run.setup.folder.configFile });
    expect(again.outcome.weightsHash).toBe(run.outcome.weightsHash);
    const second = await live({ out: flags.out, from: run.setup.folder.path });
    expect(await configOf(second)).toMatchObject({ batch: 6, history: [] });
  });

  test("the generator begins with its average where that is asked for", async () => {
    const fork = await live({ out: flags.out, from: source.setup.folder.path, fromWeights: "ema" });
    const [before, start] = [await newestOf(source), await startOf(fork)];
    const name = "generator/00-dense/kernel";
    expect(weight(start, start.weights, name)).toEqual(weight(before, before.ema!, name));
    expect(weight(start, start.weights, name)).not.toEqual(weight(before, before.weights, name));
    expect((await configOf(fork)).from).toMatchObject({ weights: "ema" });
  });

  test("optimizers go on where that is asked for, and begin anew where the rule is another", async () => {
    const kept = await live({ out: flags.out, from: source.setup.folder.path, fromOptimizer: true });
    expect((await newestOf(kept)).optimizers["generator"].t).toBe(12);
    expect((await startOf(kept)).optimizers).toEqual((await newestOf(source)).optimizers);
    const plain = await live({ out: flags.out, from: source.setup.folder.path });
    expect(kept.outcome.weightsHash).not.toBe(plain.outcome.weightsHash);
    const replay = await live({ out: flags.out, config: kept.setup.folder.configFile });
    expect(replay.outcome.weightsHash).toBe(kept.outcome.weightsHash);
    const other = await live({ out: flags.out, from: source.setup.folder.path, fromOptimizer: true, optimizer: "sgd" }); // prettier-ignore
    expect(other.said).toContain(
      "the generator's optimizer begins anew: its rule is another, or had made no update",
    );
  });
});

test("from other networks, what matches is taken, and what does not is named with both shapes", async () => {
  const model = await writeModel("wider.mjs", 5);
  const fork = await live({ out: flags.out, from: source.setup.folder.path, model, seed: 9 });
  const [before, start] = [await newestOf(source), await startOf(fork)];
  expect(fork.said).toContainEqual(expect.stringContaining("3 of 6 weights taken"));
  expect(fork.said).toContainEqual(expect.stringContaining("3 drawn from the seed"));
  expect(fork.said).toContain("not taken: discriminator/01-dense/kernel: [16, 3] there, [16, 5] here");
  expect(fork.said).toContain("not taken: discriminator/03-dense/kernel: [3, 1] there, [5, 1] here");
  const name = "generator/00-dense/kernel";
  expect(weight(start, start.weights, name)).toEqual(weight(before, before.weights, name));
});

describe("is refused", () => {
  test.each<[string, () => Promise<Partial<RunFlags>>, string]>([
    ["beside --resume", () => Promise.resolve({ from: "1", resume: "1" }), "starts a new one: give one of them"],
    ["without --from", () => Promise.resolve({ fromWeights: "ema" }), "--from-weights ema says what --from takes"],
    ["of no run", () => Promise.resolve({ from: "77" }), "77 is no run"],
    ["where nothing matches", async () => ({ from: "1", model: await strange() }), "nothing of it can be taken"],
  ])("%s", async (_what, more, says) => {
    await expect(live({ out: flags.out, ...(await more()) })).rejects.toThrow(says);
  }); // prettier-ignore

  const strange = async (): Promise<string> => {
    const file = join(folder, "strange.mjs");
    await writeFile(file, `
      export const generator = ({ tf, latentSize, imageShape }) => tf.sequential({ layers: [
        tf.layers.dense({ units: 7, inputShape: [latentSize] }), tf.layers.dense({ units: 16 }),
        tf.layers.reshape({ targetShape: imageShape })] });
      export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
        tf.layers.dense({ units: 3, inputShape: imageShape }), tf.layers.flatten({}), tf.layers.dense({ units: 1 })] });`); // prettier-ignore
    return file;
  };

  test("a replay whose weights are not beside its config, or are others", async () => {
    const fork = await live({ out: flags.out, from: source.setup.folder.path });
    const alone = join(folder, "alone.json");
    await writeFile(alone, await readFile(fork.setup.folder.configFile));
    await expect(live({ out: flags.out, config: alone })).rejects.toThrow("which it keeps in");
    const other = await live({ out: flags.out, from: source.setup.folder.path, fromWeights: "ema" });
    await writeFile(fork.setup.folder.fromFile, await readFile(other.setup.folder.fromFile));
    await expect(live({ out: flags.out, config: fork.setup.folder.configFile })).rejects.toThrow("put the run's own file back"); // prettier-ignore
  });
});
