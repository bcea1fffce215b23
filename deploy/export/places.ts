// Where what is made of a checkpoint goes, if the user names no place: into the run's folder, or beside a lone file.
import { chmod, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { replaceFile } from "../../coordinator/records/files/durable-file.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { makeFolder } from "../../shared/make-folder.ts";

export interface Origin {
  /** Of the checkpoint. */
  readonly file: string;
  readonly run: RunPaths | null;
  readonly step: number;
}

/** `runs/00007-mnist/exported/004500-generator.onnx`; of a file alone `004500-generator.onnx` beside it. */
export function placeFor({ file, run, step }: Origin, folder: string, name: string): string {
  const stem = run ? String(step).padStart(6, "0") : basename(file, extname(file));
  return join(run ? join(run.path, folder) : dirname(file), `${stem}-${name}`);
}

/** The same name, or with -2, -3, … before its ending where that is taken: what was drawn before stays. */
export async function freePlace(place: string): Promise<string> {
  const ending = extname(place);
  const stem = place.slice(0, place.length - ending.length);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? place : `${stem}-${number}${ending}`;
    if ((await stat(candidate).catch(() => null)) === null) return candidate;
  }
}

/** One file, whole or not at all. @throws GanglionError RUN_FOLDER */
export async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await replaceFile(file, content);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** An empty folder beside `path`, to be renamed to it. */
export async function temporaryBeside(path: string): Promise<string> {
  try {
    await makeFolder(dirname(path));
    const folder = await mkdtemp(join(dirname(path), `.${basename(path)}-`));
    await chmod(folder, 0o777 & ~process.umask()); // as every other folder: what is exported is there to be served
    return folder;
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * Gives `write` an empty folder beside `folder`, which then becomes it: whole or not at all. What an earlier one left there
 * goes, if it holds nothing but `kinds` of files.
 *
 * @throws GanglionError USAGE where something else is in the folder, RUN_FOLDER where it cannot be written
 */
export async function writeFolder<T>(
  folder: string,
  isOurs: (name: string) => boolean,
  write: (folder: string) => Promise<T>,
): Promise<T> {
  await checkFolder(folder, isOurs);
  const temporary = await temporaryBeside(folder);
  try {
    const result = await write(temporary);
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function checkFolder(folder: string, isOurs: (name: string) => boolean): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (!found) return;
  const refuse = (why: string): never => {
    throw new GanglionError("USAGE", `--out ${folder} ${why}: name a folder that does not exist yet`);
  };
  if (!found.isDirectory()) refuse("is a file");
  const strange = (await readdir(folder)).find((name) => !isOurs(name));
  if (strange !== undefined) refuse(`holds ${strange}, which would be lost`);
}

function unwritable(path: string, cause: unknown): GanglionError {
  const message = `${path} cannot be written (${messageOf(cause)}): choose another place with --out`;
  return new GanglionError("RUN_FOLDER", message, { cause });
}
