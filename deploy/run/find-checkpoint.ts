// What `RUN|CHECKPOINT` on a command line means: a run by number, name or folder, or a checkpoint's file.
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { loadCheckpoint, loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../coordinator/records/checkpoint/checkpoint-content.ts";
import { findRun, findRunIn } from "../../coordinator/records/run-folder.ts";
import { type RunPaths, runPaths } from "../../coordinator/records/run-paths.ts";
import { GanglionError } from "../../shared/errors.ts";
import { isRegularFile } from "../../shared/regular-file.ts";

export interface FoundCheckpoint {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  /** A sentence for each newer checkpoint of the run that was damaged and skipped. */
  readonly warnings: readonly string[];
  /** The run whose checkpoint it is; null for a file outside of a run's folder. */
  readonly run: RunPaths | null;
}

export interface FindOptions {
  /** Where runs that are named by number or name are looked for. */
  readonly out: string;
}

/**
 * The checkpoint of that name: a file's, or the newest whole one of a run.
 *
 * @throws GanglionError USAGE or CONFIG where there is neither, with what would be right; CHECKPOINT when it is damaged;
 *   VERSION_MISMATCH when a newer Ganglion wrote it
 */
export async function findCheckpoint(named: string, options: FindOptions): Promise<FoundCheckpoint> {
  const place = await findRunOrFile(named, options);
  switch (place.kind) {
    case "run":
      return { ...(await loadNewestCheckpoint(place.run)), run: place.run };
    case "file":
      return {
        file: place.file,
        checkpoint: await loadCheckpoint(place.file, named),
        warnings: [],
        run: place.run,
      };
    default:
      return place satisfies never;
  }
}

/** What a name stands for, before anything is read. */
export type RunOrFile =
  | { readonly kind: "run"; readonly run: RunPaths }
  /** Absolute; `run` is the one in whose folder it lies. */
  | { readonly kind: "file"; readonly file: string; readonly run: RunPaths | null };

/** @throws GanglionError USAGE or CONFIG where there is no such run and no such file */
export async function findRunOrFile(named: string, { out }: FindOptions): Promise<RunOrFile> {
  const found = await stat(named).catch(() => null);
  if (found && !found.isDirectory()) return { kind: "file", file: resolve(named), run: await runOf(named) };
  if (found && !(await isNameOrNumber(named, out))) return { kind: "run", run: await findRun(named) };
  if (!found && extname(named) === ".safetensors") throw await noSuchFile(named);
  return { kind: "run", run: await findRunIn(out, named).catch(orFile) };
}

function orFile(cause: unknown): never {
  if (!(cause instanceof GanglionError) || cause.code !== "CONFIG") throw cause;
  throw new GanglionError("CONFIG", `${cause.message}, or give a .safetensors file`, { cause });
}

/** A folder `7` that is no run does not hide run 7. */
async function isNameOrNumber(named: string, out: string): Promise<boolean> {
  if (await isRegularFile(runPaths(resolve(named)).configFile)) return false;
  return findRunIn(out, named).then(
    () => true,
    () => false, // neither: then the folder is told what it lacks
  );
}

async function runOf(file: string): Promise<RunPaths | null> {
  const folder = dirname(resolve(file));
  if (basename(folder) !== "checkpoints") return null;
  const run = runPaths(dirname(folder));
  return (await isRegularFile(run.configFile)) ? run : null;
}

async function noSuchFile(named: string): Promise<GanglionError> {
  const beside = await readdir(dirname(resolve(named))).catch(() => []);
  const others = beside.filter((name) => extname(name) === ".safetensors").sort();
  const listed = others.length > 3 ? `${others.length}, the last is ${others.at(-1)}` : others.join(", ");
  const there = others.length === 0 ? "" : ` (beside it: ${listed})`;
  return new GanglionError(
    "USAGE",
    `there is no ${named}${there}: give a .safetensors file or a run folder, or a run by its name or number`,
  );
}
