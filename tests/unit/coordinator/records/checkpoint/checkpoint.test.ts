// Checkpoints: everything comes back bit for bit, a crash leaves the older one whole, and damage is seen and named.
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  loadCheckpoint,
  loadNewestCheckpoint,
  saveCheckpoint,
} from "../../../../../coordinator/records/checkpoint/checkpoint.ts";
import { Retention } from "../../../../../coordinator/records/checkpoint/retention.ts";
import type { Checkpoint } from "../../../../../coordinator/records/checkpoint/checkpoint-content.ts";
import type { CheckpointConfig } from "../../../../../coordinator/records/checkpoint/checkpoint-config.ts";
import type { Fingerprints } from "../../../../../coordinator/records/fingerprints.ts";
import { createRunFolder, type RunFolder } from "../../../../../coordinator/records/run-folder.ts";
import { type RunConfigInput, parseConfig } from "../../../../../shared/config/config.ts";
import { createLayout } from "../../../../../shared/protocol/layout.ts";
import {
  contentHash,
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type Tensor,
} from "../../../../../coordinator/records/files/safetensors.ts";
import { isLinux } from "../../../../support/linux.ts";

const LAYOUT = createLayout([
  { name: "generator/dense/kernel", shape: [2, 2] },
  { name: "discriminator/bias", shape: [1] },
]);

const LEAST = {
  model: { kind: "preset", name: "digits" },
  length: { kind: "epochs", epochs: 9 },
  batch: 64,
  schedule: { kind: "alternating" },
} satisfies RunConfigInput;

/** Two phases a step, of which one takes samples. */
const CONFIG: CheckpointConfig = { run: parseConfig(LEAST), imageShape: [2, 2, 1], classes: 0 };

const HASH = "ab".repeat(32);
const FINGERPRINTS: Fingerprints = {
  train: { name: "strokes", count: 100, fingerprint: HASH },
  test: null,
  programs: { "phase discriminator": HASH, "phase generator": HASH, samples: HASH },
  constraints: HASH,
  initialWeights: HASH,
  module: null,
};

let out: string;
let run: RunFolder;

beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "ganglion-checkpoint-"));
  run = await createRunFolder({ out, name: "a" });
});

afterEach(async () => {
  await run.release();
  await rm(out, { recursive: true, force: true });
});

describe("saveCheckpoint and loadCheckpoint", () => {
  test("give everything back, bit for bit", async () => {
    const saved = checkpointAt(40);
    const file = await saveCheckpoint(run, saved);
    expect(file).toBe(join(run.checkpoints, "000040.safetensors"));
    expect(await loadCheckpoint(file)).toEqual(saved); // toEqual tells -0 from 0
    expect(await loadNewestCheckpoint(run)).toEqual({ file, checkpoint: saved, warnings: [] });
  });

  test("keep a run without average or optimizers, and numbers over 2^32", async () => {
    const plain = {
      ...CONFIG.run,
      average: 0,
      optimizer: parseConfig({ ...LEAST, optimizer: { kind: "sgd" } }).optimizer,
    };
    const updates = { t: 2 ** 40, moments: {} };
    const saved = {
      ...checkpointAt(2 ** 40),
      config: { ...CONFIG, run: plain },
      ema: null,
      optimizers: { generator: updates, discriminator: updates },
      fingerprints: null,
    };
    expect(await loadCheckpoint(await saveCheckpoint(run, saved))).toEqual(saved);
  });

  test("name the tensors and keep their shapes, for other frameworks", async () => {
    const { tensors, metadata } = await read(await saveCheckpoint(run, checkpointAt(40)));
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual({
      "ema/discriminator/bias": [1],
      "ema/generator/dense/kernel": [2, 2],
      "optimizer/discriminator/m": [1],
      "optimizer/discriminator/v": [1],
      "optimizer/generator/m": [4],
      "optimizer/generator/v": [4],
      "weights/discriminator/bias": [1],
      "weights/generator/dense/kernel": [2, 2],
    });
    expect(tensors.get("weights/generator/dense/kernel")?.data).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(metadata).toMatchObject({
      ganglion: "1",
      step: "40",
      position: "2560",
      arithmetic: "graph-cpu avx512", // its name in files since the first
    });
  });

  test("keep moving statistics, which belong to a network and are not trained", async () => {
    const { layout: _, weights, ema, ...rest } = checkpointAt(4);
    const slots = [...LAYOUT.slots, { name: "state/generator/moving_mean", shape: [2] }];
    const longer = (vector: Float32Array): Float32Array => Float32Array.of(...vector, 7, 8);
    const saved = { ...rest, layout: createLayout(slots), weights: longer(weights), ema: longer(ema!) };
    expect(await loadCheckpoint(await saveCheckpoint(run, saved))).toEqual(saved);
  });

  test("write the same bytes for the same checkpoint, whatever memory it lies in", async () => {
    const one = await readFile(await saveCheckpoint(run, checkpointAt(40)));
    const weights = new Float32Array(new SharedArrayBuffer(20));
    weights.set(checkpointAt(40).weights);
    const two = await readFile(await saveCheckpoint(run, { ...checkpointAt(40), weights }));
    expect(two.equals(one)).toBe(true);
  });

  test("save what the arrays held when the save began", async () => {
    const live = checkpointAt(40);
    const saving = saveCheckpoint(run, live);
    live.weights.fill(9);
    live.ema?.fill(9);
    live.optimizers.generator.moments["m"].fill(9);
    expect(await loadCheckpoint(await saving)).toEqual(checkpointAt(40));
  });
});

/** So many of the newest. */
function keeping(keep: number): Retention {
  return new Retention({ keep, checkpointEvery: 10 });
}

describe("the checkpoints of a run", () => {
  test("are those that the rule keeps, and all without one", async () => {
    for (const step of [10, 20, 30]) await saveCheckpoint(run, checkpointAt(step));
    expect(await readdir(run.checkpoints)).toEqual(["000010", "000020", "000030"].map(fileName));
    await saveCheckpoint(run, checkpointAt(40), keeping(3));
    expect(await readdir(run.checkpoints)).toEqual(["000020", "000030", "000040"].map(fileName));
    await saveCheckpoint(run, checkpointAt(50), keeping(1));
    expect(await readdir(run.checkpoints)).toEqual([fileName("000050")]);
    await saveCheckpoint(run, checkpointAt(1_000_000));
    expect((await loadNewestCheckpoint(run)).checkpoint.step).toBe(1_000_000); // by number, not by name
  });

  test("lose nothing to a later, damaged one when a resumed run saves again", async () => {
    for (const step of [10, 20]) await saveCheckpoint(run, checkpointAt(step));
    await writeFile(join(run.checkpoints, fileName("000030")), "damaged");
    await saveCheckpoint(run, checkpointAt(25), keeping(2));
    expect(await readdir(run.checkpoints)).toEqual(["000020", "000025", "000030"].map(fileName));
    expect((await loadNewestCheckpoint(run)).checkpoint.step).toBe(25);
  });

  test("leave alone what is named otherwise, whoever put it there", async () => {
    const others = ["best.safetensors", "10.safetensors", "000010.safetensors.bak", ".mine.tmp", "notes.tmp"];
    for (const name of others) await writeFile(join(run.checkpoints, name), "mine");
    for (const step of [10, 20, 30]) await saveCheckpoint(run, checkpointAt(step), keeping(1));
    expect((await readdir(run.checkpoints)).sort()).toEqual([...others, fileName("000030")].sort());
  });

  test("ignore and clear away what a crash left unfinished", async () => {
    await saveCheckpoint(run, checkpointAt(10));
    await writeFile(join(run.checkpoints, ".000020.safetensors.tmp"), "half");
    expect(await loadNewestCheckpoint(run)).toMatchObject({ checkpoint: { step: 10 }, warnings: [] });
    await saveCheckpoint(run, checkpointAt(30));
    expect(await readdir(run.checkpoints)).toEqual(["000010", "000030"].map(fileName));
  });

  test("stay whole when a new one cannot be written, and the error names the file", async () => {
    await saveCheckpoint(run, checkpointAt(10), keeping(1));
    await mkdir(join(run.checkpoints, fileName("000020"), "x"), { recursive: true }); // the rename fails
    const saving = saveCheckpoint(run, checkpointAt(20), keeping(1));
    await expect(saving).rejects.toMatchObject({ code: "RUN_FOLDER" });
    await expect(saving).rejects.toThrow(/cannot write .*000020\.safetensors: .*older checkpoints are whole/);
    expect(await readdir(run.checkpoints)).toEqual(["000010", "000020"].map(fileName)); // no temporary file
    const loaded = await loadNewestCheckpoint(run);
    expect(loaded.checkpoint.step).toBe(10);
    expect(loaded.warnings).toHaveLength(1);
  });

  test("are not written by a coordinator that lost its lock", async () => {
    await saveCheckpoint(run, checkpointAt(10));
    await rm(join(run.path, "lock"), { recursive: true });
    await expect(saveCheckpoint(run, checkpointAt(20))).rejects.toThrow(/lost the lock/);
    expect(await readdir(run.checkpoints)).toEqual([fileName("000010")]);
  });
});

describe("loadNewestCheckpoint", () => {
  test("falls back from a newest one cut at any length, and names it", async () => {
    await saveCheckpoint(run, checkpointAt(10));
    const newest = await saveCheckpoint(run, checkpointAt(20));
    const bytes = await readFile(newest);
    for (let length = 0; length < bytes.length; length += 41) {
      await writeFile(newest, bytes.subarray(0, length));
      const { checkpoint, warnings } = await loadNewestCheckpoint(run);
      expect(checkpoint).toEqual(checkpointAt(10));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^skipped a damaged checkpoint: .*000020\.safetensors is not a whole/);
    }
  });

  test("falls back from a newest one with a bit turned over, in its data or its cursor", async () => {
    await saveCheckpoint(run, checkpointAt(10));
    const newest = await saveCheckpoint(run, checkpointAt(20));
    const bytes = await readFile(newest);
    for (const at of [bytes.length - 3, bytes.indexOf('"position":"1280"') + 13]) {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 1; // 1280 becomes 1380 … or a weight another finite number
      await writeFile(newest, damaged);
      const { checkpoint, warnings } = await loadNewestCheckpoint(run);
      expect(checkpoint.step).toBe(10);
      expect(warnings[0]).toMatch(/000020\.safetensors cannot be used: its content has hash/);
    }
  });

  test("says so when there is none, and which were damaged when none is whole", async () => {
    await expect(loadNewestCheckpoint(run)).rejects.toMatchObject({ code: "CHECKPOINT" });
    await expect(loadNewestCheckpoint(run)).rejects.toThrow(/no checkpoint to load in .*there is none/);
    await writeFile(join(run.checkpoints, fileName("000010")), "");
    await expect(loadNewestCheckpoint(run)).rejects.toThrow(/none is whole .*000010\.safetensors/);
    await expect(loadNewestCheckpoint({ checkpoints: join(out, "no") })).rejects.toMatchObject({
      code: "CHECKPOINT",
    });
  });

  test("does not go back to an older one when the newest is of a newer format", async () => {
    await saveCheckpoint(run, checkpointAt(10));
    await forge(await saveCheckpoint(run, checkpointAt(20)), (content) => ({
      metadata: { ganglion: "2" },
      tensors: content.tensors,
    }));
    await expect(loadNewestCheckpoint(run)).rejects.toMatchObject({ code: "VERSION_MISMATCH" });
    await expect(loadNewestCheckpoint(run)).rejects.toThrow(
      /000020\.safetensors has checkpoint format 2, .* up to 1/,
    );
  });
});

describe("a checkpoint is refused, though its hash holds,", () => {
  test.each([
    ["without a cursor", without("position"), /missing at position/],
    [
      "with a cursor that is no number",
      changed({ position: "-1" }),
      /missing at position \(a whole number is due\)/,
    ],
    ["with a config that is no JSON", changed({ config: "{" }), /at config \(JSON is due\)/],
    ["of no format", without("ganglion"), /names no format/],
    ["with another layout's hash", changed({ layout: "0".repeat(64) }), /tensors have layout .* says 0000/],
    [
      "with a weight that is not finite",
      tensor("weights/discriminator/bias", [1], [NaN]),
      /bias holds NaN at 0/,
    ],
    [
      "with a moment that is not finite",
      tensor("optimizer/generator/v", [4], [0, Infinity, 0, 0]),
      /v holds Infinity at 1/,
    ],
    ["with an average of another shape", tensor("ema/discriminator/bias", [2], [0, 0]), /its ema has layout/],
    ["with moments of different lengths", tensor("optimizer/generator/m", [1], [0]), /1 and 4 moments/],
    ["with short moments", shortMoments, /moment m of the generator has 1 values, and its weights are 4/],
    [
      "without a moment",
      lacking("optimizer/generator/v"),
      /generator has the moments m, and adam keeps m, v/,
    ],
    ["without an average", lacking("ema/"), /it has no average of the generator's weights/],
    [
      "with weights of no network",
      renamed("weights/discriminator/bias", "weights/critic/bias"),
      /it has weights critic\/bias/,
    ],
    [
      "with optimizers of no network",
      changed({ optimizers: "{}" }),
      /optimizers of none, and its networks are discriminator, generator/,
    ],
    ["with optimizers that are none", changed({ optimizers: "[]" }), /wrong or missing at optimizers/],
    [
      "with optimizers of other networks",
      changed({ optimizers: '{"generator":40,"critic":40}' }),
      /optimizers of critic, generator/,
    ],
    [
      "with more updates than steps",
      changed({ optimizers: '{"generator":40,"discriminator":41}' }),
      /discriminator has made 41 updates, and 40 steps make 40/,
    ],
    [
      "with a huge t",
      changed({ optimizers: '{"generator":9007199254740991,"discriminator":40}' }),
      /generator has made 9007199254740991 updates/,
    ],
    ["of another step", changed({ step: "41" }), /its version is 80, and 41 steps of 2 phases make 82/],
    ["of another version", changed({ version: "79" }), /its version is 79, and 40 steps of 2 phases make 80/],
    [
      "at another position",
      changed({ position: "2561", images: "2561" }),
      /position is 2561, and 40 steps take 2560 samples or a multiple, at most 5120/,
    ],
    ["beyond what its steps take", changed({ position: "7680", images: "7680" }), /position is 7680/],
    [
      "with other images than its position",
      changed({ images: "2561" }),
      /it has 2561 images at position 2560/,
    ],
    [
      "of a step beyond its run",
      withRun({ length: { kind: "steps", steps: 39 } }),
      /it is of step 40, and its run has 39 steps/,
    ],
    ["with a config of null", changed({ config: "null" }), /its config is wrong: it is null/],
    ["with a config that is a list", changed({ config: "[]" }), /its config is wrong: it is \[\]/],
    ["with a config that is a number", changed({ config: "7" }), /its config is wrong: it is 7/],
    ["with an empty config", changed({ config: "{}" }), /its config is wrong: run is missing/],
    ["with a run that is a string", withConfig({ run: "fast" }), /its config is wrong: run is "fast"/],
    ["with a run that is null", withConfig({ run: null }), /run is null/],
    ["with a run of wrong fields", withRun({ batch: -1 }), /its config is wrong: config field batch/],
    ["with images of no size", withConfig({ imageShape: [28, 0, 1] }), /imageShape.1 is 0/],
    ["with images of two numbers", withConfig({ imageShape: [28, 28] }), /imageShape/],
    ["with images larger than any", withConfig({ imageShape: [2 ** 20, 2 ** 20, 3] }), /too many pixels/],
    ["with classes below none", withConfig({ classes: -1 }), /classes is -1/],
    ["with fingerprints that are none", changed({ fingerprints: "{}" }), /wrong or missing at fingerprints/],
  ])("%s", async (_, change, message) => {
    const file = await saveCheckpoint(run, checkpointAt(40));
    await forge(file, change);
    await expect(loadCheckpoint(file)).rejects.toMatchObject({ code: "CHECKPOINT", exitCode: 2 });
    await expect(loadCheckpoint(file)).rejects.toThrow(message);
    await expect(loadCheckpoint(file)).rejects.toThrow(basename(file));
  });
});

test("a checkpoint of a Ganglion that kept no fingerprints is read as before", async () => {
  const file = await saveCheckpoint(run, checkpointAt(40));
  await forge(file, without("fingerprints"));
  expect(await loadCheckpoint(file)).toEqual({ ...checkpointAt(40), fingerprints: null });
});

test.skipIf(!isLinux)(
  "a pipe, a folder and a device are no checkpoints, and keep nobody waiting",
  async () => {
    const older = await saveCheckpoint(run, checkpointAt(10));
    const pipe = join(run.checkpoints, fileName("000020"));
    spawnSync("mkfifo", [pipe]);
    await expect(loadCheckpoint(pipe)).rejects.toMatchObject({ code: "CHECKPOINT" });
    await expect(loadCheckpoint(pipe)).rejects.toThrow(
      /000020\.safetensors: it is a pipe, .*use another checkpoint/,
    );
    await expect(loadCheckpoint(out)).rejects.toThrow(/it is a folder/);
    await expect(loadCheckpoint("/dev/zero")).rejects.toThrow(/it is a device/);
    const { file, warnings } = await loadNewestCheckpoint(run);
    expect(file).toBe(older);
    expect(warnings[0]).toMatch(/000020\.safetensors: it is a pipe/);
  },
);

test("a checkpoint under the name of another step is passed over, and named", async () => {
  const older = await saveCheckpoint(run, checkpointAt(10));
  await copyFile(older, join(run.checkpoints, fileName("000020")));
  const { file, warnings } = await loadNewestCheckpoint(run);
  expect(file).toBe(older);
  expect(warnings).toEqual([
    `skipped ${join(run.checkpoints, fileName("000020"))}: it is named after step 20, and is of step 10`,
  ]);
});

test("what is not finite is not saved", async () => {
  const checkpoint = checkpointAt(40);
  checkpoint.weights[2] = -Infinity;
  await expect(saveCheckpoint(run, checkpoint)).rejects.toMatchObject({ code: "DIVERGED" });
  await expect(saveCheckpoint(run, checkpoint)).rejects.toThrow(
    /step 40 is not saved: weights\/.* holds -Infinity/,
  );
  expect(await readdir(run.checkpoints)).toEqual([]);
});

function checkpointAt(step: number): Checkpoint {
  return {
    step,
    version: 2 * step,
    position: 64 * step,
    images: 64 * step,
    config: CONFIG,
    layout: LAYOUT,
    weights: Float32Array.of(-0, 1, 2, 3, 4), // sorted by name: the discriminator's bias first
    ema: Float32Array.of(0.1, 1e-45, 0, 0, 3e38),
    optimizers: {
      generator: { t: step, moments: { m: Float32Array.of(1, 2, 3, 4), v: Float32Array.of(5, 6, 7, 8) } },
      discriminator: { t: step, moments: { m: Float32Array.of(-1), v: Float32Array.of(1) } },
    },
    numerics: "graph-cpu avx512",
    fingerprints: FINGERPRINTS,
  };
}

function fileName(step: string): string {
  return `${step}.safetensors`;
}

async function read(file: string): Promise<Safetensors> {
  return decodeSafetensors(await readFile(file), file);
}

/** Writes the file anew with something changed, under a hash that holds. */
async function forge(file: string, change: (content: Safetensors) => Safetensors): Promise<void> {
  const { tensors, metadata } = change(await read(file));
  const { hash: _, ...rest } = metadata;
  const hash = contentHash({ tensors, metadata: rest });
  await writeFile(file, encodeSafetensors({ tensors, metadata: { ...rest, hash } }));
}

function changed(values: Record<string, string>) {
  return ({ tensors, metadata }: Safetensors): Safetensors => ({
    tensors,
    metadata: { ...metadata, ...values },
  });
}

function without(key: string) {
  return ({ tensors, metadata }: Safetensors): Safetensors => ({
    tensors,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== key)),
  });
}

function withConfig(values: object) {
  return changed({ config: JSON.stringify({ ...CONFIG, ...values }) });
}

function withRun(values: object) {
  return withConfig({ run: { ...CONFIG.run, ...values } });
}

/** Without the tensors whose names begin so. */
function lacking(prefix: string) {
  return ({ tensors, metadata }: Safetensors): Safetensors => ({
    tensors: new Map([...tensors].filter(([name]) => !name.startsWith(prefix))),
    metadata,
  });
}

/** With one among the weights and their average under another name; the layout's hash holds. */
function renamed(from: string, to: string) {
  return ({ tensors, metadata }: Safetensors): Safetensors => {
    const others = new Map([...tensors].filter(([name]) => !name.startsWith("ema/")));
    const moved = new Map([...others].map(([name, one]) => [name === from ? to : name, one]));
    const slots = [...moved].flatMap(([name, { shape }]) =>
      name.startsWith("weights/") ? [{ name: name.slice("weights/".length), shape }] : [],
    );
    return { tensors: moved, metadata: { ...metadata, layout: createLayout(slots).hash } };
  };
}

function shortMoments(content: Safetensors): Safetensors {
  return ["m", "v"].reduce((made, name) => tensor(`optimizer/generator/${name}`, [1], [0])(made), content);
}

function tensor(name: string, shape: number[], values: number[]) {
  const replacement: Tensor = { dtype: "F32", shape, data: Float32Array.from(values) };
  return ({ tensors, metadata }: Safetensors): Safetensors => ({
    tensors: new Map(tensors).set(name, replacement),
    metadata,
  });
}
