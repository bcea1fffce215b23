// What may lie in the folder of a resumed run: its own files and folders, and no link that leads out of it.
import type { Stats } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { kindOf } from "../../shared/regular-file.ts";
import type { RunPaths } from "./run-paths.ts";

/**
 * Looks at everything that a resumed run reads, cuts back, replaces or deletes, and changes nothing. A link would lead
 * that to files of others (a run folder may come from anywhere), a pipe would keep the run waiting, and a folder in the
 * place of a file would stop it when that is written.
 *
 * @throws GanglionError RUN_FOLDER naming the entry, what it is and the remedy
 */
export async function checkRunEntries(paths: RunPaths): Promise<void> {
  const {
    runFile,
    pictureIndexFile,
    configFile,
    fingerprintsFile,
    statsFile,
    ledgerFile,
    statusFile,
    fromFile,
    auditFile,
    controlFile,
  } = paths;
  for (const file of [
    runFile,
    pictureIndexFile,
    configFile,
    fingerprintsFile,
    statsFile,
    ledgerFile,
    statusFile,
    fromFile,
    auditFile,
    controlFile,
  ])
    await expectFile(file);
  await expectLog(paths.logFile);
  for (const folder of [
    paths.samples,
    paths.checkpoints,
    paths.model,
    join(paths.path, "abandoned"),
    join(paths.path, "lock"),
  ])
    await expectFolder(folder);
  for (const name of await namesIn(paths.checkpoints))
    if (name.endsWith(".safetensors")) await expectFile(join(paths.checkpoints, name));
  for (const name of await namesIn(paths.model)) await expectFile(join(paths.model, name));
}

async function expectFile(path: string): Promise<void> {
  const found = await look(path);
  if (found && !found.isFile()) throw refused(path, found, "a file");
}

async function expectFolder(path: string): Promise<void> {
  const found = await look(path);
  if (found && !found.isDirectory()) throw refused(path, found, "a folder");
}

/** The log may be a link to a device such as /dev/null: there is nothing that it could spoil. */
async function expectLog(path: string): Promise<void> {
  const found = await look(path);
  if (!found || found.isFile()) return;
  const target = await stat(path).catch(() => null);
  if (!target?.isCharacterDevice()) throw refused(path, found, "a file");
}

async function look(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new GanglionError("RUN_FOLDER", `cannot look at ${path}: ${messageOf(error)}; see who owns it`, {
      cause: error,
    });
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  if ((await look(folder)) === null) return [];
  try {
    return await readdir(folder);
  } catch (error) {
    const message = `cannot read ${folder}: ${messageOf(error)}; see who owns it`;
    throw new GanglionError("RUN_FOLDER", message, { cause: error });
  }
}

function refused(path: string, found: Stats, due: string): GanglionError {
  const why = found.isSymbolicLink() ? ", and what a run writes and deletes must stay in its folder" : "";
  return new GanglionError(
    "RUN_FOLDER",
    `${path} is ${kindOf(found)} where ${due} of the run is due${why}: put ${due} named ${basename(path)} in its place, or remove it`,
  );
}
