// A run's records: durable together at a checkpoint, and cut back to it when the run is resumed.
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadNewestCheckpoint } from "../../../coordinator/checkpoint.ts";
import type { RunEvent } from "../../../coordinator/dashboard/events.ts";
import { Learner } from "../../../coordinator/learner.ts";
import { readLedger } from "../../../coordinator/ledger.ts";
import { type RunFolder, createRunFolder } from "../../../coordinator/run-folder.ts";
import { RunRecords } from "../../../coordinator/run-records.ts";
import { Weights, weightsHash } from "../../../coordinator/weights.ts";
import { parseConfig } from "../../../shared/config.ts";
import { createLayout } from "../../../shared/models/layout.ts";

const LAYOUT = createLayout([{ name: "generator/w", shape: [3] }]);
const CONFIG = parseConfig({
  model: { kind: "preset", name: "digits" },
  length: { kind: "steps", steps: 1 },
});

let out: string;
let folder: RunFolder;
const events: RunEvent[] = [];

beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "ganglion-records-"));
  folder = await createRunFolder({ out, name: "a" });
  events.length = 0;
});

afterEach(async () => {
  await folder.release();
  await rm(out, { recursive: true, force: true });
});

test("a checkpoint holds the weights of its step, and the lines before it are in the files", async () => {
  const { records, weights } = await open(null);
  record(records, 0, weights);
  await records.checkpoint({ step: 1, position: 8 });
  expect(await readLedger(folder.ledgerFile)).toMatchObject([{ step: 0, version: 1, position: 0 }]);
  expect(await stats()).toMatchObject([{ step: 1, images: 8 }]);
  const { checkpoint, file } = await loadNewestCheckpoint(folder);
  expect(checkpoint).toMatchObject({ step: 1, version: 1, position: 8, images: 8, arithmetic: "by hand" });
  expect(checkpoint.config).toEqual({ about: "this run" });
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

async function open(resumed: { step: number; version: number } | null) {
  const weights = new Weights(Float32Array.of(1, 2, 3), resumed?.version ?? 0);
  const learner = new Learner({
    config: CONFIG,
    layout: LAYOUT,
    initial: weights.current,
    networks: ["generator"],
    steps: 1,
  });
  const records = await RunRecords.open({
    folder,
    about: { about: "this run" },
    layout: LAYOUT,
    weights,
    learner,
    arithmetic: () => "by hand",
    publish: (event) => void events.push(event),
    resumed,
  });
  return { records, weights };
}

/** A step of one phase of 8 samples. */
function record(records: RunRecords, step: number, weights: Weights): void {
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
