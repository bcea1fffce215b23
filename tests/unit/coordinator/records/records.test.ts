// A run's records: durable together at a checkpoint, and cut back to it when the run is resumed.
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadNewestCheckpoint } from "../../../../coordinator/records/checkpoint/checkpoint.ts";
import type { CheckpointConfig } from "../../../../coordinator/records/checkpoint/checkpoint-config.ts";
import type { RunEvent } from "../../../../coordinator/dashboard/events.ts";
import type { Fingerprints } from "../../../../coordinator/records/fingerprints.ts";
import { Updater } from "../../../../coordinator/update/update.ts";
import { readLedger } from "../../../../coordinator/records/ledger.ts";
import { type RunFolder, createRunFolder } from "../../../../coordinator/records/run-folder.ts";
import { Records } from "../../../../coordinator/records/records.ts";
import { Weights, weightsHash } from "../../../../coordinator/update/weights.ts";
import { parseConfig } from "../../../../shared/config/config.ts";
import { createLayout } from "../../../../shared/protocol/layout.ts";

const LAYOUT = createLayout([
  { name: "generator/w", shape: [2] },
  { name: "discriminator/w", shape: [1] },
]);
/** One phase a step. */
const CONFIG = parseConfig({
  model: { kind: "preset", name: "digits" },
  length: { kind: "steps", steps: 9 },
  batch: 8,
  shard: 8,
});
const ABOUT: CheckpointConfig = { run: CONFIG, imageShape: [2, 2, 1], classes: 0 };
const HASH = "ab".repeat(32);
const FINGERPRINTS: Fingerprints = {
  train: { name: "strokes", count: 100, fingerprint: HASH },
  test: null,
  programs: {},
  constraints: HASH,
  initialWeights: HASH,
  module: null,
};

let out: string;
let folder: RunFolder;
const events: RunEvent[] = [];
const warnings: string[] = [];

beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "ganglion-records-"));
  folder = await createRunFolder({ out, name: "a" });
  events.length = 0;
  warnings.length = 0;
});

afterEach(async () => {
  await folder.release();
  await rm(out, { recursive: true, force: true });
});

test("a checkpoint holds the weights of its step, and the lines before it are in the files", async () => {
  const { records, weights, updater } = await open(null);
  record(records, 0, weights);
  const { optimizers } = updater.state;
  const updated = Object.entries(optimizers).map(([name, { moments }]) => [name, { t: 1, moments }] as const);
  updater.restore({ ema: null, optimizers: Object.fromEntries(updated) }); // as after a step
  await records.checkpoint({ step: 1, position: 8 });
  expect(await readLedger(folder.ledgerFile)).toMatchObject([{ step: 0, version: 1, position: 0 }]);
  expect(await stats()).toMatchObject([{ step: 1, images: 8 }]);
  const { checkpoint, file } = await loadNewestCheckpoint(folder);
  expect(checkpoint).toMatchObject({ step: 1, version: 1, position: 8, images: 8, numerics: "by hand" });
  expect(checkpoint.config).toEqual(ABOUT);
  expect(checkpoint.fingerprints).toEqual(FINGERPRINTS);
  expect([...checkpoint.weights]).toEqual([...weights.current]);
  const hash = weightsHash(checkpoint.weights);
  expect(events).toEqual([{ type: "checkpoint", step: 1, file, weightsHash: hash }]);
  await records.close();
});

test("what lies beyond the checkpoint is dropped when the run goes on from it", async () => {
  const first = await open(null);
  for (const name of ["000001.png", "000002.png", "mine.png"])
    await writeFile(join(folder.samples, name), "");
  for (const step of [0, 1, 2]) record(first.records, step, first.weights);
  await first.records.close();
  expect(await readLedger(folder.ledgerFile)).toHaveLength(3);

  const resumed = await open({ step: 1, version: 1 });
  expect((await readdir(folder.samples)).sort()).toEqual(["000001.png", "mine.png"]);
  record(resumed.records, 1, resumed.weights);
  await resumed.records.close();
  expect((await readLedger(folder.ledgerFile)).map(({ step, version }) => [step, version])).toEqual([
    [0, 1],
    [1, 2],
  ]);
  expect((await stats()).map(({ step }) => step)).toEqual([1, 2]);
});

test("what the records lack up to the checkpoint is told, and the run goes on with the rest", async () => {
  const first = await open(null);
  for (const step of [0, 1, 2, 3, 4, 5]) record(first.records, step, first.weights);
  await first.records.close();
  const whole = await readFile(folder.ledgerFile, "utf8");
  const lines = whole.split("\n");
  const resumeWith = async (ledger: string, version = 6): Promise<string[]> => {
    warnings.length = 0;
    await writeFile(folder.ledgerFile, ledger);
    const { records } = await open({ step: version, version });
    await records.close();
    return [...warnings];
  };
  const told = (fault: string): string[] => [
    `${folder.ledgerFile} ${fault}; the weights do not depend on it, and the run goes on`,
  ];
  expect(await resumeWith(whole)).toEqual([]);
  expect(await resumeWith(whole, 4)).toEqual([]); // what lies beyond belongs to steps that are made again
  expect(await resumeWith("")).toEqual(told("lacks 6 of 6 commits (version 1 … 6)"));
  expect(await resumeWith(`${lines.slice(0, 3).join("\n")}\n`)).toEqual(
    told("lacks 3 of 6 commits (version 4 … 6)"),
  );
  expect(await resumeWith(whole.slice(0, -5))).toEqual(told("lacks 1 of 6 commits (version 6)"));
  expect(await resumeWith(whole.replace(`${lines[1]}\n`, ""))).toEqual(
    told("lacks 1 of 6 commits (version 2)"),
  );
  expect(await resumeWith(whole + whole)).toEqual(told("has 6 commits that it has already"));
  const damaged = whole.replace(lines[4], lines[4].slice(0, 20)).replace(lines[0], '{"version":1}');
  expect(await resumeWith(damaged)).toEqual(
    told("lacks 2 of 6 commits (version 1, 5), and had 2 lines that are no commits, which were dropped"),
  );
  expect((await readLedger(folder.ledgerFile)).map(({ version }) => version)).toEqual([2, 3, 4, 6]);
  await rm(folder.ledgerFile);
  const { records } = await open({ step: 6, version: 6 });
  await records.close();
  expect(warnings.at(-1)).toContain("lacks 6 of 6 commits (version 1 … 6)");
});

test("lines of the stats that are none are dropped, and counted", async () => {
  await writeFile(folder.statsFile, '{"step":1}\ngarbage\n{"step":2}\n');
  const { records } = await open({ step: 2, version: 0 });
  await records.close();
  expect(await stats()).toEqual([{ step: 1 }, { step: 2 }]);
  expect(warnings).toEqual([
    `${folder.statsFile} had lines that are no JSON objects, 1 of them: they were dropped`,
  ]);
});

test("a resumed run knows from its stats which checkpoint is the best", async () => {
  const first = await open(null, { keep: 1 });
  for (const [step, fid] of [
    [1, 40],
    [2, 20],
    [3, 30],
  ] as const) {
    // prettier-ignore
    first.records.evaluation(step, { fid });
    expect(first.records.isBest(step)).toBe(step !== 3);
    await first.records.checkpoint({ step, position: 8 * step });
  }
  await first.records.close();
  expect(await checkpoints()).toEqual(["000002.safetensors", "000003.safetensors"]);
  const resumed = await open({ step: 3, version: 0 }, { keep: 1 });
  await resumed.records.checkpoint({ step: 4, position: 32 });
  expect(await checkpoints()).toEqual(["000002.safetensors", "000004.safetensors"]);
  resumed.records.evaluation(5, { fid: 10 });
  await resumed.records.checkpoint({ step: 5, position: 40 });
  await resumed.records.close();
  expect(await checkpoints()).toEqual(["000005.safetensors"]);
});

test("a measurement beyond the checkpoint that a run goes on from is forgotten", async () => {
  const first = await open(null, { keep: 1 });
  first.records.evaluation(1, { fid: 40 });
  await first.records.checkpoint({ step: 1, position: 8 });
  first.records.evaluation(2, { fid: 20 }); // killed before the checkpoint of step 2 was written
  await first.records.close();
  const resumed = await open({ step: 1, version: 0 }, { keep: 1 });
  expect(resumed.records.isBest(1)).toBe(true);
  await resumed.records.checkpoint({ step: 3, position: 24 });
  await resumed.records.close();
  expect(await checkpoints()).toEqual(["000001.safetensors", "000003.safetensors"]);
});

test("samples/index.json names the checkpoint of each picture after every checkpoint", async () => {
  const { records } = await open(null, { keep: 1 });
  for (const name of ["000001.png", "000002.png"]) await writeFile(join(folder.samples, name), "");
  const index = async (): Promise<unknown> => JSON.parse(await readFile(folder.pictureIndexFile, "utf8"));
  await records.checkpoint({ step: 1, position: 8 });
  const first = "000001.safetensors";
  expect(await index()).toEqual({
    "000001.png": { checkpoint: first, stepsLater: 0 },
    "000002.png": { checkpoint: first, stepsLater: -1 },
  });
  await records.checkpoint({ step: 4, position: 32 });
  expect(await index()).toMatchObject({ "000001.png": { checkpoint: "000004.safetensors", stepsLater: 3 } });
  await records.close();
});

test("the stats are flat: one object of numbers a line", async () => {
  const { records } = await open(null);
  const step = {
    step: 1,
    version: 1,
    images: 8,
    epoch: 0.08,
    seconds: 1,
    imagesPerSecond: 8,
    remainingSeconds: 2,
  };
  const norms = { gradientNorms: { generator: 3 }, layerGradientNorms: { "generator/03-dense": 4 } };
  records.step({ ...step, metrics: { "loss/generator": 0.5 }, ...norms });
  records.evaluation(1, { accuracy: 0.9 });
  await records.close();
  expect(await stats()).toEqual([
    {
      ...step,
      "loss/generator": 0.5,
      "gradientNorm/generator": 3,
      "layerGradientNorm/generator/03-dense": 4,
    },
    { step: 1, "evaluation/accuracy": 0.9 },
  ]);
});

async function checkpoints(): Promise<string[]> {
  return (await readdir(folder.checkpoints)).sort();
}

async function open(
  resumed: { step: number; version: number } | null,
  changed: { readonly keep?: number } = {},
) {
  const weights = new Weights(Float32Array.of(1, 2, 3), resumed?.version ?? 0);
  const updater = new Updater({
    config: CONFIG,
    layout: LAYOUT,
    initial: weights.current,
    networks: ["generator", "discriminator"],
    steps: 9,
    runImages: 0,
  });
  const records = await Records.open({
    folder,
    about: { ...ABOUT, run: { ...CONFIG, ...changed } },
    fingerprints: FINGERPRINTS,
    layout: LAYOUT,
    weights,
    updater,
    numerics: () => "by hand",
    publish: (event) => void events.push(event),
    resumed,
    warn: (_code, message) => void warnings.push(message),
  });
  return { records, weights, updater };
}

/** A step of one phase of 8 samples. */
function record(records: Records, step: number, weights: Weights): void {
  const draft = weights.draft();
  draft[0]++;
  weights.commit(draft);
  const { version } = weights;
  const contributions = [{ first: 0, shards: 1, node: "a" }];
  records.commit({ step, phase: 0, version, position: 8 * step, samples: 8, contributions });
  records.step({
    step: step + 1,
    version,
    images: 8 * (step + 1),
    epoch: 0,
    seconds: 1,
    imagesPerSecond: 8,
    remainingSeconds: 0,
    metrics: {},
    gradientNorms: {},
    layerGradientNorms: {},
  });
}

async function stats(): Promise<{ step: number; images: number }[]> {
  const lines = (await readFile(folder.statsFile, "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as { step: number; images: number });
}
