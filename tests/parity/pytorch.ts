// PyTorch, where there is one: a Python that has it, and the runs that it makes.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { encodeSafetensors } from "../../coordinator/records/files/safetensors.ts";
import { openStrokes } from "../../shared/data/strokes/strokes.ts";
import { type RecordedRun, readRecordedRun } from "./recorded-run.ts";
import { BATCH, LEARNING_RATE, type ModelName, STEPS } from "./runs.ts";

const run = promisify(execFile);
const IMAGES = 2048;

/** The Python that is asked: the environment's GANGLION_PYTHON, or `python3`. */
export const PYTHON = process.env["GANGLION_PYTHON"] ?? "python3";

/** Why this Python cannot make a run, in a sentence with its remedy; null where it can. */
export async function lacking(): Promise<string | null> {
  return run(PYTHON, ["-c", "import torch, safetensors.torch"]).then(
    () => null,
    (error: Error & { readonly stderr?: string }) =>
      `${PYTHON} has no PyTorch (${(error.stderr || error.message).trim().split("\n").at(-1)}): pip install torch numpy safetensors, and name that Python with GANGLION_PYTHON`,
  );
}

/** Trains the model with PyTorch, on pictures of the built-in data set; the files lie in `folder`. */
export async function record(
  model: ModelName,
  folder: string,
  flags: readonly string[] = [],
): Promise<RecordedRun> {
  const images = join(folder, "images.safetensors");
  const out = join(folder, `${model}.safetensors`);
  await writeFile(images, await strokes());
  const script = fileURLToPath(new URL("./pytorch/reference.py", import.meta.url));
  const size = [
    "--steps",
    String(STEPS),
    "--batch",
    String(BATCH[model]),
    "--learning-rate",
    String(LEARNING_RATE[model]),
  ];
  await run(PYTHON, ["-B", script, "--model", model, "--images", images, "--out", out, ...size, ...flags]);
  return readRecordedRun(out);
}

async function strokes(): Promise<Uint8Array> {
  const { content } = openStrokes({ count: IMAGES });
  if (content.kind !== "pixels") throw new TypeError("strokes are drawn, not decoded");
  const data = new Uint8Array(IMAGES * 28 * 28);
  let at = 0;
  for await (const piece of content.pixels()) {
    data.set(piece, at);
    at += piece.length;
  }
  const shape = [IMAGES, 28, 28, 1];
  return encodeSafetensors({ tensors: new Map([["images", { dtype: "U8", shape, data }]]), metadata: {} });
}
