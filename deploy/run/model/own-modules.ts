// Whose code runs here: that of a model module that the user has named on a command line, and no other.
//
// What a checkpoint, a run folder or a config file names may come from anywhere, and so may the hash beside it. So a
// module that a command line has named is noted outside of them, in the user's cache, by its path and its content: a
// run of one's own goes on without naming it again, as long as it is what it was.
import { createHash } from "node:crypto";
import { lstat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { RunConfig } from "../../../shared/config/config.ts";
import { cacheFolder } from "../../../shared/data/packed/cache.ts";
import { replaceFile } from "../../../coordinator/records/files/durable-file.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { makeFolder } from "../../../shared/make-folder.ts";
import {
  type ModuleIdentity,
  identifyModule,
} from "../../../coordinator/compiler/models/users/module-identity.ts";
import { printable } from "../../../shared/printable.ts";

/**
 * Notes that the user has named this module. Where that fails the run goes on, and `warn` gets what it means. A
 * module that does not exist is left to whoever loads it.
 */
export async function noteModule(path: string, warn: (code: string, message: string) => void): Promise<void> {
  const module = await identifyModule(path).catch(() => null);
  if (!module || (await isNoted(module))) return;
  if (module.unfollowed !== null) {
    warn(
      "MODEL",
      `${path} is not noted as yours: what ${printable(module.unfollowed)} loads cannot be known before it runs; to resume the run or draw from it, name the module with --model again, or import files by a literal path`,
    );
    return;
  }
  try {
    await writeNote(module);
  } catch (error) {
    warn(
      "MODEL",
      `cannot note that ${path} is yours (${messageOf(error)}): to resume the run or draw from it, name the module with --model again, or set GANGLION_CACHE to a folder that can be written`,
    );
  }
}

/** Where several start at once the first writes it, and the note of the others is the same. */
async function writeNote({ file, hash }: ModuleIdentity): Promise<void> {
  await note([file, hash], { file, hash });
}

/** Notes what `key` names, with `about` for a person who looks. Throws the system's error where it cannot be written. */
export async function note(key: readonly string[], about: object): Promise<void> {
  const path = noteFile(key);
  const content = `${JSON.stringify(about)}\n`;
  await makeFolder(dirname(path));
  try {
    await writeFile(path, content, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    if (!(await hasNote(key))) await replaceFile(path, content); // something else is in its place
  }
}

/** What names a module, and what it says the module was. */
export interface Naming {
  /** As a sentence begins: `the checkpoint x.safetensors`. */
  readonly source: string;
  /** The hash that the run recorded; null where it recorded none. */
  readonly recorded: string | null;
}

/**
 * Refuses a config whose module no command line of this user has named as it is now. Presets and saved networks are
 * data or this program's own, and pass. Nothing of the module is run.
 *
 * @throws GanglionError MODEL with what would have been run, and how to allow it
 */
export async function checkOwnModule({ model }: Pick<RunConfig, "model">, naming: Naming): Promise<void> {
  if (model.kind !== "module") return;
  const file = resolve(model.file);
  const module = await identifyModule(file).catch((cause: unknown) => {
    throw new GanglionError(
      "MODEL",
      `${naming.source} names the model module ${printable(file)}, which cannot be read (${printable(messageOf(cause))}): say where it is with --model FILE`,
      { cause },
    );
  });
  if (await isNoted(module)) return;
  const { recorded } = naming;
  const isEdited = recorded !== null && recorded !== module.hash;
  const why = isEdited
    ? `whose content was ${short(recorded)} when the run was trained and is ${short(module.hash)} now: put it back as it was, or look at it and name it with --model ${printable(file)}, and its programs are compared`
    : module.unfollowed !== null
      ? `(content ${short(module.hash)}), and what ${printable(module.unfollowed)} loads cannot be known before it runs: look at it, and name it with --model ${printable(file)} if it may run`
      : `(content ${short(module.hash)}), and none of your command lines has named it as it is: look at it, and name it with --model ${printable(file)} if it may run`;
  throw new GanglionError(
    "MODEL",
    `${naming.source} names the model module ${printable(file)}${isEdited ? ", " : " "}${why}`,
  );
}

/** False also where there is no cache: then a module has to be named. */
async function isNoted({ file, hash, unfollowed }: ModuleIdentity): Promise<boolean> {
  if (unfollowed !== null) return false; // its hash is not all that it is
  return hasNote([file, hash]);
}

export async function hasNote(key: readonly string[]): Promise<boolean> {
  try {
    const found = await lstat(noteFile(key));
    return found.isFile() && (process.getuid === undefined || found.uid === process.getuid());
  } catch {
    return false;
  }
}

/** Throws an error where the cache's folder is not one: relative to a folder of strangers, it would be theirs. */
function noteFile(key: readonly string[]): string {
  const cache = cacheFolder();
  if (cache === null) throw new Error("there is no home folder for it");
  if (!isAbsolute(cache)) throw new Error(`${cache} is no absolute path`);
  const name = createHash("sha256").update(JSON.stringify(key)).digest("hex");
  return join(cache, "own-modules", `${name}.json`);
}

function short(hash: string): string {
  return `${hash.slice(0, 12)}…`;
}
