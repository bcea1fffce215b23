// Checkpoints: everything comes back bit for bit, a crash leaves the older one whole, and damage is seen and named.
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadCheckpoint, loadNewestCheckpoint, saveCheckpoint } from "../../../coordinator/checkpoint.ts";
import type { Checkpoint } from "../../../coordinator/checkpoint.ts";
import { createRunFolder } from "../../../coordinator/run-folder.ts";
import type { RunFolder } from "../../../coordinator/run-folder.ts";
import { createLayout } from "../../../shared/models/layout.ts";
import { contentHash, decodeSafetensors, encodeSafetensors } from "../../../shared/safetensors.ts";
import type { Safetensors, Tensor } from "../../../shared/safetensors.ts";

const LAYOUT = createLayout([
  { name: "generator/dense/kernel", shape: [2, 2] },
  { name: "discriminator/bias", shape: [1] },
]);

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
    const saved = { ...checkpointAt(1), ema: null, optimizers: {}, position: 2 ** 40, images: 2 ** 41 };
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
    expect(metadata).toMatchObject({ ganglion: "1", step: "40", position: "2560", config: '{"batch":64}' });
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

describe("the checkpoints of a run", () => {
  test("are the newest three, or as many as asked for", async () => {
    for (const step of [10, 20, 30, 40]) await saveCheckpoint(run, checkpointAt(step));
    expect(await readdir(run.checkpoints)).toEqual(["000020", "000030", "000040"].map(fileName));
    await saveCheckpoint(run, checkpointAt(50), { keep: 1 });
    expect(await readdir(run.checkpoints)).toEqual([fileName("000050")]);
    await saveCheckpoint(run, checkpointAt(1_000_000));
    expect((await loadNewestCheckpoint(run)).checkpoint.step).toBe(1_000_000); // by number, not by name
  });

  test("lose nothing to a later, damaged one when a resumed run saves again", async () => {
    for (const step of [10, 20]) await saveCheckpoint(run, checkpointAt(step));
    await writeFile(join(run.checkpoints, fileName("000030")), "damaged");
    await saveCheckpoint(run, checkpointAt(25), { keep: 2 });
    expect(await readdir(run.checkpoints)).toEqual(["000020", "000025", "000030"].map(fileName));
    expect((await loadNewestCheckpoint(run)).checkpoint.step).toBe(25);
  });

  test("ignore and clear away what a crash left unfinished", async () => {
    await saveCheckpoint(run, checkpointAt(10));
    await writeFile(join(run.checkpoints, ".000020.safetensors.tmp"), "half");
    expect(await loadNewestCheckpoint(run)).toMatchObject({ checkpoint: { step: 10 }, warnings: [] });
    await saveCheckpoint(run, checkpointAt(30));
    expect(await readdir(run.checkpoints)).toEqual(["000010", "000030"].map(fileName));
  });

  test("stay whole when a new one cannot be written, and the error names the file", async () => {
    await saveCheckpoint(run, checkpointAt(10), { keep: 1 });
    await mkdir(join(run.checkpoints, fileName("000020"), "x"), { recursive: true }); // the rename fails
    const saving = saveCheckpoint(run, checkpointAt(20), { keep: 1 });
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
  ])("%s", async (_, change, message) => {
    const file = await saveCheckpoint(run, checkpointAt(40));
    await forge(file, change);
    await expect(loadCheckpoint(file)).rejects.toMatchObject({ code: "CHECKPOINT", exitCode: 2 });
    await expect(loadCheckpoint(file)).rejects.toThrow(message);
    await expect(loadCheckpoint(file)).rejects.toThrow(basename(file));
  });
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
    config: { batch: 64 },
    layout: LAYOUT,
    weights: Float32Array.of(-0, 1, 2, 3, 4), // sorted by name: the discriminator's bias first
    ema: Float32Array.of(0.1, 1e-45, 0, 0, 3e38),
    optimizers: {
      generator: { t: step, moments: { m: Float32Array.of(1, 2, 3, 4), v: Float32Array.of(5, 6, 7, 8) } },
      discriminator: { t: step + 1, moments: { m: Float32Array.of(-1), v: Float32Array.of(1) } },
    },
    arithmetic: "graph-cpu avx512",
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

function tensor(name: string, shape: number[], values: number[]) {
  const replacement: Tensor = { dtype: "F32", shape, data: Float32Array.from(values) };
  return ({ tensors, metadata }: Safetensors): Safetensors => ({
    tensors: new Map(tensors).set(name, replacement),
    metadata,
  });
}
