// Checkpoints: all that a run needs to go on bit for bit, in files that are whole or not there.
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile, UNFINISHED } from "../files/durable-file.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { openRegularFile } from "../../../shared/regular-file.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint-format.ts";
import type { Checkpoint } from "./checkpoint-content.ts";
import { checkpointName, listCheckpoints } from "./list-checkpoints.ts";
import type { Retention } from "./retention.ts";
import type { RunFolder } from "../run-folder.ts";
import type { RunPaths } from "../run-paths.ts";

/**
 * Writes `checkpoints/000040.safetensors` and resolves with its path once it is durable; then removes the older ones that
 * `retention` does not keep; without it, all stay. The arrays are copied before this returns its promise: the caller may go on training at once.
 * One save at a time.
 *
 * @throws GanglionError DIVERGED when values are not finite, RUN_FOLDER when the lock was lost or the file cannot be
 *   written; older checkpoints stay whole
 */
export async function saveCheckpoint(
  folder: Pick<RunFolder, "checkpoints" | "confirm">,
  checkpoint: Checkpoint,
  retention?: Pick<Retention, "keeps">,
): Promise<string> {
  const bytes = encodeCheckpoint(checkpoint); // before the first await
  const { step } = checkpoint;
  const file = join(folder.checkpoints, checkpointName(step));
  await folder.confirm();
  try {
    await mkdir(folder.checkpoints, { recursive: true });
    await replaceFile(file, bytes);
    await prune(folder.checkpoints, step, retention);
  } catch (error) {
    const message = `cannot write ${file}: ${messageOf(error)}; older checkpoints are whole, make room and resume`;
    throw new GanglionError("RUN_FOLDER", message, { cause: error });
  }
  return file;
}

/** The newest whole checkpoint, and a sentence for each newer one that was damaged and skipped. */
export interface Loaded {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  readonly warnings: readonly string[];
}

/**
 * @throws GanglionError CHECKPOINT when no checkpoint of the run is whole, VERSION_MISMATCH when the newest was written by
 *   a newer Ganglion
 */
export async function loadNewestCheckpoint(folder: Pick<RunPaths, "checkpoints">): Promise<Loaded> {
  const warnings: string[] = [];
  for (const { step, file } of await listCheckpoints(folder.checkpoints)) {
    try {
      const checkpoint = await loadCheckpoint(file);
      if (checkpoint.step === step) return { file, checkpoint, warnings };
      warnings.push(`skipped ${file}: it is named after step ${step}, and is of step ${checkpoint.step}`);
    } catch (error) {
      if (error instanceof GanglionError && error.code === "VERSION_MISMATCH") throw error;
      warnings.push(`skipped a damaged checkpoint: ${messageOf(error)}`);
    }
  }
  const found = warnings.length > 0 ? `none is whole (${warnings.join("; ")})` : "there is none";
  throw new GanglionError(
    "CHECKPOINT",
    `no checkpoint to load in ${folder.checkpoints}: ${found}; start a new run`,
  );
}

/**
 * Reads one file, which errors call `name`.
 *
 * @throws GanglionError CHECKPOINT when it is damaged, VERSION_MISMATCH when a newer Ganglion wrote it
 */
export async function loadCheckpoint(file: string, name = file): Promise<Checkpoint> {
  let bytes: Uint8Array;
  try {
    bytes = await readWhole(file);
  } catch (error) {
    const message = `cannot read ${name}: ${messageOf(error)}; use another checkpoint`;
    throw new GanglionError("CHECKPOINT", message, { cause: error });
  }
  return decodeCheckpoint(bytes, name);
}

/**
 * Removes checkpoints before `step` that are not to be kept, and what a crash left unfinished. Those of later steps stay,
 * and so does every file that is not named as a checkpoint is.
 */
async function prune(folder: string, step: number, retention?: Pick<Retention, "keeps">): Promise<void> {
  const past = (await listCheckpoints(folder)).filter((each) => each.step <= step);
  const kept = retention?.keeps(past.map((each) => each.step));
  for (const each of past)
    if (kept && each.step < step && !kept.has(each.step)) await rm(each.file, { force: true });
  for (const name of await readdir(folder))
    if (isUnfinishedCheckpoint(name)) await rm(join(folder, name), { force: true });
}

/** As `replaceFile` names it. */
function isUnfinishedCheckpoint(name: string): boolean {
  return name.endsWith(UNFINISHED) && /^\.\d{6,15}\.safetensors\./.test(name);
}

/** Like readFile, without its limit of 2 GiB. */
async function readWhole(file: string): Promise<Uint8Array> {
  const handle = await openRegularFile(file);
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(size - at, 2 ** 28), at);
      if (bytesRead === 0) return bytes.subarray(0, at);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
