// RUN|CHECKPOINT: a run by number, name or folder, or a checkpoint's file, and what is said where there is neither.
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findCheckpoint } from "../../../../deploy/run/find-checkpoint.ts";
import { saveCheckpoint } from "../../../../coordinator/records/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../../../coordinator/records/checkpoint/checkpoint-content.ts";
import { type RunFolder, createRunFolder } from "../../../../coordinator/records/run-folder.ts";
import { parseConfig } from "../../../../shared/config/config.ts";
import { createLayout } from "../../../../shared/protocol/layout.ts";

let out: string;
let run: RunFolder;

beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "ganglion-find-"));
  run = await createRunFolder({ out, name: "mine" });
  await writeFile(run.configFile, "{}");
  for (const step of [1, 2]) await saveCheckpoint(run, checkpointAt(step));
});

afterEach(async () => {
  await run.release();
  await rm(out, { recursive: true, force: true });
});

test("a run by its number, name or folder means its newest checkpoint", async () => {
  for (const named of ["1", "00001", run.name, run.path]) {
    const { file, checkpoint, warnings, run: found } = await findCheckpoint(named, { out });
    expect([file, checkpoint.step, warnings, found?.path]).toEqual([newest(), 2, [], run.path]);
  }
});

test("a damaged newest checkpoint is skipped, with a sentence", async () => {
  await writeFile(newest(), "torn");
  const { checkpoint, warnings } = await findCheckpoint("1", { out });
  expect([checkpoint.step, warnings]).toEqual([1, [expect.stringContaining("skipped a damaged checkpoint")]]);
});

test("a checkpoint's file means itself, and says whose it is where it lies in a run", async () => {
  const older = join(run.checkpoints, "000001.safetensors");
  expect(await findCheckpoint(older, { out })).toMatchObject({ file: older, checkpoint: { step: 1 }, run: { path: run.path } }); // prettier-ignore
  const alone = join(out, "best.safetensors");
  await copyFile(newest(), alone);
  expect(await findCheckpoint(alone, { out })).toMatchObject({ file: alone, checkpoint: { step: 2 }, run: null }); // prettier-ignore
});

test("a folder that has a run's number as its name does not hide that run", async () => {
  await mkdir(join(out, "1"));
  const here = process.cwd();
  process.chdir(out);
  try {
    expect((await findCheckpoint("1", { out })).checkpoint.step).toBe(2);
  } finally {
    process.chdir(here);
  }
});

describe("where there is neither, the error names the value and what would be right:", () => {
  test("a file that is not there", async () => {
    const wanted = join(run.checkpoints, "000003.safetensors");
    await expect(findCheckpoint(wanted, { out })).rejects.toMatchObject({
      code: "USAGE",
      message: `there is no ${wanted} (beside it: 000001.safetensors, 000002.safetensors): give a .safetensors file or a run folder, or a run by its name or number`,
    });
  });

  test("a name or number that no run has", async () => {
    await expect(findCheckpoint("7", { out })).rejects.toThrow(
      `7 is no run, neither as a folder nor as a name or number in ${out}: see what there is with ganglion runs --out ${out}, or give a .safetensors file`,
    );
  });

  test("a folder that is no run", async () => {
    await expect(findCheckpoint(out, { out })).rejects.toThrow(
      `${out} is no run: it has no file config.json; name a folder that train has made, such as ${run.path}`,
    );
  });

  test("a file that is no checkpoint", async () => {
    await expect(findCheckpoint(run.configFile, { out })).rejects.toMatchObject({
      code: "CHECKPOINT",
      message: expect.stringContaining(`${run.configFile} is not a whole safetensors file`),
    });
  });
});

function newest(): string {
  return join(run.checkpoints, "000002.safetensors");
}

function checkpointAt(step: number): Checkpoint {
  const layout = createLayout([
    { name: "generator/a", shape: [1] },
    { name: "discriminator/a", shape: [1] },
  ]);
  const config = parseConfig({
    model: { kind: "preset", name: "digits" },
    length: { kind: "steps", steps: 9 },
    optimizer: { kind: "sgd" },
    average: 0,
  });
  const position = step * config.batch;
  return {
    step,
    version: step,
    position,
    images: position,
    config: { run: config, imageShape: [2, 2, 1], classes: 0 },
    layout,
    weights: new Float32Array(layout.length),
    ema: null,
    optimizers: { generator: { t: step, moments: {} }, discriminator: { t: step, moments: {} } },
    numerics: "none",
    fingerprints: null,
  };
}
