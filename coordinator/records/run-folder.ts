// A run's folder, such as `runs/00007-dcgan-mnist/`: makes it, finds it again, locks it.
import { mkdir, readdir, rename, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { makeFolder } from "../../shared/make-folder.ts";
import { isRegularFile } from "../../shared/regular-file.ts";
import { namedAlike, numberOf } from "./run-name.ts";
import { type RunPaths, runPaths } from "./run-paths.ts";
import { checkRunEntries } from "./run-entries.ts";
import { acquireLock, readLock, type RunLock } from "./run-lock.ts";

/** A run folder that this process has locked, until `release`. */
export interface RunFolder extends RunPaths, RunLock {}

/**
 * Makes `<out>/<next number>-<name>` with its folders, and locks it. Numbers are given once, also to coordinators that
 * start at the same moment. What a file name cannot hold becomes a dash.
 *
 * @throws GanglionError CONFIG when `out` cannot be written
 */
export async function createRunFolder(options: {
  readonly out: string;
  readonly name: string;
}): Promise<RunFolder> {
  const out = resolve(options.out);
  try {
    await makeFolder(out);
    const paths = runPaths(await takeNumber(out, fileNameOf(options.name)));
    await mkdir(paths.samples);
    await mkdir(paths.checkpoints);
    return { ...paths, ...(await acquireLock(paths.path)) };
  } catch (error) {
    if (error instanceof GanglionError) throw error;
    const message = `cannot make a run folder in ${out}: ${messageOf(error)}; choose another with --out`;
    throw new GanglionError("CONFIG", message, { cause: error });
  }
}

/**
 * Locks an existing run to resume it, whether its last coordinator stopped or was killed; beside the lock nothing is
 * changed.
 *
 * @throws GanglionError CONFIG when `path` is no run, RUN_FOLDER when a coordinator is using it, or when something in it
 *   is not what a run leaves there
 */
export async function openRunFolder(path: string): Promise<RunFolder> {
  const paths = await findRun(path);
  await checkRunEntries(paths);
  return { ...paths, ...(await acquireLock(paths.path)) };
}

/**
 * An existing run, to read it while it goes on or later; takes no lock.
 *
 * @throws GanglionError CONFIG when `path` is no run
 */
export async function findRun(path: string): Promise<RunPaths> {
  const paths = runPaths(resolve(path));
  if (await isRegularFile(paths.configFile)) return paths;
  const why =
    (await stat(path).catch(() => null)) === null ? "it is not there" : "it has no file config.json";
  const meant = (await runBeside(path)) ?? "runs/00001-…";
  throw new GanglionError(
    "CONFIG",
    `${path} is no run: ${why}; name a folder that train has made, such as ${meant}`,
  );
}

/** The newest run in this folder, or the one that this is a part of. */
async function runBeside(path: string): Promise<string | null> {
  for (const outer of [dirname(path), dirname(dirname(path))])
    if (await isRegularFile(runPaths(resolve(outer)).configFile)) return outer;
  const [newest] = await listRunFolders(path).catch(() => []);
  return newest ? join(path, newest.name) : null;
}

/**
 * Every run in `out`, also one that is still being prepared, the highest number first and those without a number last;
 * none where there is no such folder.
 *
 * @throws GanglionError CONFIG when it cannot be read
 */
export async function listRunFolders(out: string): Promise<RunPaths[]> {
  let names: string[];
  try {
    names = await readdir(out);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    const message = `cannot list the runs in ${out}: ${messageOf(error)}; name the folder they are in with --out`;
    throw new GanglionError("CONFIG", message, { cause: error });
  }
  names.sort((a, b) => numberOf(b) - numberOf(a) || a.localeCompare(b));
  const runs: RunPaths[] = [];
  for (const name of names) {
    const paths = runPaths(resolve(out, name));
    const begun = await isRegularFile(paths.configFile);
    if (begun || (await readLock(paths.path)).kind !== "free") runs.push(paths);
  }
  return runs;
}

/**
 * A run by its folder, or in `out` by its name, with or without its number, or by its number alone.
 *
 * @throws GanglionError CONFIG when there is none, or more than one
 */
export async function findRunIn(out: string, run: string): Promise<RunPaths> {
  if (await isRegularFile(runPaths(resolve(run)).configFile)) return runPaths(resolve(run));
  const runs = await listRunFolders(out);
  const here = runs.find(({ path }) => path === resolve(run));
  if (here) return here;
  const alike = namedAlike(runs.map(({ name }) => name), run); // prettier-ignore
  if (alike.length === 1) return runs.find(({ name }) => name === alike[0])!;
  if (alike.length > 1)
    throw new GanglionError("CONFIG", `${run} may be any of ${alike.join(", ")}: write the whole name`);
  throw new GanglionError(
    "CONFIG",
    `${run} is no run, neither as a folder nor as a name or number in ${out}: see what there is with ganglion runs --out ${out}`,
  );
}

/** Makes the folder. `00007` alone reserves the number: while it is there nobody else can take it, under any name. */
async function takeNumber(out: string, name: string): Promise<string> {
  for (;;) {
    const number = 1 + Math.max(0, ...(await readdir(out)).map(numberOf));
    const digits = String(number).padStart(5, "0");
    const reserved = join(out, digits);
    try {
      await mkdir(reserved);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") continue; // next round: the number after
      throw error;
    }
    const taken = (await readdir(out)).some((other) => other !== digits && numberOf(other) === number);
    if (taken) {
      await rmdir(reserved); // it was given and named between our look and our reservation
      continue;
    }
    const path = join(out, `${digits}-${name}`);
    await rename(reserved, path);
    return path;
  }
}

function fileNameOf(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
  return safe.slice(0, 80) || "run";
}
