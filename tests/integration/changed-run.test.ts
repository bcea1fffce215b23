// A run whose config changes as it goes on: the change is recorded, and a replay from the start has the same weights.
import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import { readLedger, verifyLedger } from "../../coordinator/records/ledger.ts";
import type { RunFlags } from "../../deploy/run/run-setup.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { startCli, temporaryFolder } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";
import { type Lived, live } from "../support/run-life.ts";

const IMAGES = 12;

let folder: string;
let flags: RunFlags;

beforeEach(async () => {
  folder = await temporaryFolder();
  vi.stubEnv("GANGLION_CACHE", join(folder, "cache"));
  const model = join(folder, "gan.mjs");
  await writeFile(model, `
    export const generator = ({ tf, latentSize, imageShape }) => tf.sequential({ layers: [
      tf.layers.dense({ units: 16, inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: imageShape })] });
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });`); // prettier-ignore
  const data = await writeIdxFolder(join(folder, "data"), IMAGES, [4, 4, 1], 3);
  flags = { model, data, batch: 4, shard: 2, steps: 100, learningRate: 0.01, out: join(folder, "runs") };
  return () => vi.unstubAllEnvs();
});

function resumed({ setup }: Lived, more: Partial<RunFlags> = {}): RunFlags {
  return { out: flags.out, resume: setup.folder.path, ...more };
}

function replayOf({ setup }: Lived): RunFlags {
  return { out: flags.out, config: setup.folder.configFile };
}

async function configOf({ setup }: Lived): Promise<RunConfig> {
  return JSON.parse(await readFile(setup.folder.configFile, "utf8")) as RunConfig;
}

async function expectReplay(run: Lived): Promise<Lived> {
  const again = await live(replayOf(run));
  expect(again.setup.folder.path).not.toBe(run.setup.folder.path);
  expect(again.outcome.weightsHash).toBe(run.outcome.weightsHash);
  const { steps, images, version } = run.outcome;
  expect(again.outcome).toMatchObject({ state: "done", steps, images, version });
  const { history } = await configOf(run);
  const changedAt = history.map(({ step }) => step);
  for (const { folder: one } of [run.setup, again.setup])
    expect(verifyLedger(await readLedger(one.ledgerFile), IMAGES, changedAt)).toEqual([]);
  expect((await configOf(again)).history).toEqual(history);
  return again;
}

/** Every file of the run with its content's hash. */
async function contentOf({ setup: { folder: run } }: Lived): Promise<Record<string, string>> {
  const entries = await readdir(run.path, { recursive: true, withFileTypes: true });
  const hashes = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const hash = createHash("sha256").update(await readFile(join(parentPath, name)));
      return [join(parentPath, name), hash.digest("hex")] as const;
    });
  return Object.fromEntries(await Promise.all(hashes));
}

test("a rate that changes at step 60 has another effect from there on, and the replay is equal", async () => {
  const whole = await live(flags);
  const half = await live(flags, { stopAfter: 60 });
  const run = await live(resumed(half, { change: ["learning-rate=0.002"] }));
  expect(run.outcome).toMatchObject({ state: "done", steps: 100 });
  expect(run.outcome.weightsHash).not.toBe(whole.outcome.weightsHash);
  expect(run.said).toContain("from step 60 on: optimizer.learningRate 0.01 -> 0.002");
  const { history, optimizer } = await configOf(run);
  expect(history).toEqual([{ step: 60, change: { optimizer: { learningRate: 0.002 } } }]);
  expect(optimizer.learningRate).toBe(0.01);
  const again = await expectReplay(run);
  expect(again.said).toContain("from step 60 on: optimizer.learningRate 0.01 -> 0.002");
  const steps = again.events.filter(({ type }) => type === "step");
  expect(steps).toHaveLength(100);
  const states = again.events.flatMap((event) => (event.type === "run" ? [event.state] : []));
  expect(states.filter((state) => state === "done")).toHaveLength(1);
  expect(states).not.toContain("stopped");
});

test("a change that is made at once is the run that was started with it", async () => {
  const slow = { ...flags, steps: 6 };
  const started = await live({ ...slow, learningRate: 0.002 });
  const stopped = await live(slow, { stopAfter: 1 });
  await expectReplay(await live(resumed(stopped, { change: ["learning-rate=0.002"] })));
  expect(started.outcome.steps).toBe(6);
});

describe("changes of what the programs and the sample stream depend on", () => {
  test("a batch, a shard and the rounds of a step, one after the other, and a resume of a resume", async () => {
    const first = await live({ ...flags, steps: 20 }, { stopAfter: 5 });
    const second = await live(resumed(first, { change: ["batch=8", "shard=4"] }), { stopAfter: 9 });
    expect(second.outcome).toMatchObject({ steps: 9, images: 5 * 4 + 4 * 8, version: 9 });
    const third = await live(resumed(second, { change: ["schedule=alternating", "discriminator-rounds=2"] }), { stopAfter: 12 }); // prettier-ignore
    expect(third.outcome.version).toBe(9 + 3 * 3);
    const fourth = await live(resumed(third), { stopAfter: 15 });
    const run = await live(resumed(fourth, { change: ["batch=4", "flip=true", "average=0.9", "optimizer=sgd"] })); // prettier-ignore
    expect(run.outcome).toMatchObject({ state: "done", steps: 20 });
    expect(run.said).toContain("the generator's sgd begins anew: the moments of adam mean something else");
    expect((await configOf(run)).history.map(({ step }) => step)).toEqual([5, 9, 15]);
    await expectReplay(run);
  });

  test("a length in epochs counts the images of both batches", async () => {
    const { steps: _, ...endless } = flags;
    const first = await live({ ...endless, epochs: 4 }, { stopAfter: 3 }); // 48 images, 12 of them by now
    const run = await live(resumed(first, { change: ["batch=6", "shard=2"] }));
    expect(run.outcome).toMatchObject({ state: "done", steps: 3 + 6, images: 48 });
    await expectReplay(run);
  });

  test("a rate that falls until the end follows another length, also of a finished run", async () => {
    const first = await live({ ...flags, steps: 6, learningRateSchedule: "linear" });
    const run = await live(resumed(first, { steps: 12 }));
    expect(run.outcome).toMatchObject({ state: "done", steps: 12 });
    expect((await configOf(run)).history).toEqual([{ step: 6, change: { length: { steps: 12 } } }]);
    await expectReplay(run);
  });
});

test("moments mean the same to Adam and AdamW, and are kept", async () => {
  const first = await live({ ...flags, steps: 6 }, { stopAfter: 3 });
  const run = await live(resumed(first, { change: ["optimizer=adamw", "weight-decay=0"] }));
  expect(run.said.filter((sentence) => sentence.includes("anew"))).toEqual([]);
  const { checkpoint } = await loadNewestCheckpoint(run.setup.folder);
  expect(checkpoint.optimizers["generator"].t).toBe(6);
  const whole = await live({ ...flags, steps: 6 });
  expect(run.outcome.weightsHash).toBe(whole.outcome.weightsHash); // AdamW without decay is Adam
});

test("a replay that is stopped between its changes goes on with those to come", async () => {
  const first = await live({ ...flags, steps: 12 }, { stopAfter: 4 });
  const second = await live(resumed(first, { change: ["learning-rate=0.002"] }), { stopAfter: 8 });
  const run = await live(resumed(second, { change: ["batch=8"] }));
  const half = await live(replayOf(run), { stopAfter: 6 });
  const again = await live(resumed(half));
  expect(again.said).toContain("from step 8 on: batch 4 -> 8");
  expect(again.outcome.weightsHash).toBe(run.outcome.weightsHash);
});

test("a second change at the same step is one with the first", async () => {
  const first = await live({ ...flags, steps: 8 }, { stopAfter: 4 });
  const none = await live(resumed(first, { change: ["learning-rate=0.5"], steps: 4 }));
  expect(none.outcome.steps).toBe(4);
  const run = await live(resumed(none, { change: ["learning-rate=0.002"], steps: 8 }));
  expect((await configOf(run)).history).toEqual([
    { step: 4, change: { optimizer: { learningRate: 0.002 } } },
  ]);
  await expectReplay(run);
});

test("a change that changes nothing is said, and recorded nowhere", async () => {
  const first = await live({ ...flags, steps: 4 }, { stopAfter: 2 });
  const run = await live(resumed(first, { change: ["batch=4"] }));
  expect(run.said).toContain("--change batch=4 changes nothing: the run has that already");
  expect((await configOf(run)).history).toEqual([]);
});

test("what cannot change is refused, and leaves every byte of the run", async () => {
  const run = await live({ ...flags, steps: 4 });
  const before = await contentOf(run);
  const refused: [string, string][] = [
    ["latent-size=9", "--from RUN"],
    ["seed=9", "--from RUN"],
    ["batch=16", "larger than the data set"],
    ["learning-rate=-1", "write a number greater than 0"],
    ["steps=2", "less than the 4 steps"],
  ];
  for (const [change, says] of refused)
    await expect(live(resumed(run, { change: [change] })), change).rejects.toThrow(says);
  expect(await contentOf(run)).toEqual(before);
});

test("a module of the same layers takes the place of the first on purpose; one of others is refused, with both shapes", async () => {
  const first = await live({ ...flags, steps: 6 }, { stopAfter: 3 });
  const source = await readFile(String(flags.model), "utf8");
  const [other, wider] = [join(folder, "other.mjs"), join(folder, "wider.mjs")];
  await writeFile(other, `${source} export const losses = ({ generator, discriminator, samples, noise }) => {
    const fake = discriminator(generator(noise)).mean();
    return { discriminator: fake.sub(discriminator(samples).mean()), generator: fake.neg() }; };`); // prettier-ignore
  await writeFile(
    wider,
    source.replace(
      "tf.layers.dense({ units: 1 })",
      "tf.layers.dense({ units: 2 }), tf.layers.dense({ units: 1 })",
    ),
  );
  const before = await contentOf(first);
  await expect(live(resumed(first, { change: [`model=${wider}`] }))).rejects.toThrow(
    "discriminator/01-dense/kernel was [16, 1] and is [16, 2]",
  );
  expect(await contentOf(first)).toEqual(before);
  const { checkpoint: old } = await loadNewestCheckpoint(first.setup.folder);
  const run = await live(resumed(first, { change: [`model=${other}`] }));
  const { checkpoint } = await loadNewestCheckpoint(run.setup.folder);
  expect(checkpoint.fingerprints?.programs).not.toEqual(old.fingerprints?.programs);
  expect((await configOf(run)).history).toEqual([{ step: 3, change: { model: { file: other } } }]);
  await expectReplay(run);
});

test("a change is for a run that goes on", async () => {
  await expect(live({ ...flags, change: ["batch=8"] })).rejects.toThrow(
    "--change batch=8 is for a run that goes on: name it with --resume",
  );
});

test("nodes of other processes join each segment of a replay anew", async () => {
  const first = await live({ ...flags, steps: 6 }, { stopAfter: 3 });
  const changed = await live(resumed(first, { change: ["batch=6"] }));
  const out = ["--out", flags.out, "--dashboard", "off", "--json"];
  const { configFile } = changed.setup.folder;
  const coordinator = startCli(["coordinator", "--config", configFile, "--model", String(flags.model), "--listen", "127.0.0.1:0", ...out]); // prettier-ignore
  const { address } = await coordinator.event(({ event }) => event === "listening");
  const worker = startCli(["worker", "--join", String(address)]);
  const { code, events } = await coordinator.finished;
  expect(code).toBe(0);
  expect(events.at(-1)).toMatchObject({ event: "done", steps: 6, images: 3 * 4 + 3 * 6 });
  const left = await worker.finished;
  expect([left.code, left.stdout]).toEqual([0, expect.stringContaining("(the run's config changes), joining again")]); // prettier-ignore
  expect(left.stdout).toContain("the run is over");
});
