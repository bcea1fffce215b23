// One coordinator per run folder: a lock that outlives neither its process nor a reboot.
//
// The lock is a folder, `lock/<token>.json`, because renaming a folder onto another works only while that is empty:
// so it appears with its content, at once, on every file system. And because the token is in the file's name, clearing
// a dead owner away can never hit the owner that came after it.
import { randomUUID } from "node:crypto";
import { access, mkdir, open, readFile, readdir, rename, rm, rmdir, stat, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { readRegularFile } from "../../shared/regular-file.ts";

export interface RunLock {
  /**
   * Makes sure that the lock is still this process's; to be called before something is committed.
   *
   * @throws GanglionError RUN_FOLDER when it is not
   */
  confirm(): Promise<void>;
  /** Gives the lock up; again does nothing. */
  release(): Promise<void>;
}

/**
 * Locks a run folder for this process.
 *
 * @throws GanglionError RUN_FOLDER while another process has it, naming that one, or when the lock cannot be written
 */
export async function acquireLock(folder: string): Promise<RunLock> {
  const lock = join(folder, "lock");
  const token = randomUUID();
  const self = await processStat(process.pid);
  const owner: Owner = { pid: process.pid, host: hostname(), start: self?.start ?? null };
  const prepared = join(folder, `lock.${token}`);
  try {
    await writeOwner(prepared, token, owner);
    while (!(await tryRename(prepared, lock))) await clearDeadOwners(lock);
  } catch (error) {
    await rm(prepared, { recursive: true, force: true });
    if (error instanceof GanglionError) throw error;
    const message = `cannot lock ${folder}: ${messageOf(error)}; make room there, or get the right to write to it`;
    throw new GanglionError("RUN_FOLDER", message, { cause: error });
  }
  const file = join(lock, `${token}.json`);
  return {
    async confirm() {
      try {
        await access(file);
      } catch (error) {
        const message = `this coordinator (pid ${process.pid}) has lost the lock of ${folder}; it commits nothing more`;
        throw new GanglionError("RUN_FOLDER", message, { cause: error });
      }
    },
    async release() {
      await orElse(["ENOENT"], unlink(file), undefined);
      await orElse(["ENOENT", "ENOTEMPTY", "EEXIST"], rmdir(lock), undefined); // not empty: the next owner is in already
    },
  };
}

/** Who holds the lock of a run, as far as this machine can see; `since` in ms since 1970, of the folder's clock. */
export type LockState =
  | { readonly kind: "free" }
  /** By a process of this machine that exists: it runs, or is suspended. */
  | { readonly kind: "held"; readonly pid: number; readonly since: number }
  /** By a process of this machine that is gone without having given it up. */
  | { readonly kind: "dead"; readonly pid: number; readonly since: number }
  | { readonly kind: "elsewhere"; readonly pid: number; readonly host: string; readonly since: number }
  | { readonly kind: "unreadable" };

/** Looks at the lock of a run folder and changes nothing. */
export async function readLock(folder: string): Promise<LockState> {
  const lock = join(folder, "lock");
  try {
    let state: LockState = { kind: "free" };
    for (const name of await orElse(["ENOENT", "ENOTDIR"], readdir(lock), [])) {
      state = await ownerState(join(lock, name));
      if (state.kind !== "free" && state.kind !== "dead") break; // beside a dead owner there may be its successor
    }
    return state;
  } catch {
    return { kind: "unreadable" };
  }
}

/** Free when the file has been given up in the meantime. */
async function ownerState(file: string): Promise<LockState> {
  const text = await orElse<string | null>(["ENOENT"], readRegularFile(file), null);
  if (text === null) return { kind: "free" };
  const owner = parseOwner(text);
  if (!owner) return { kind: "unreadable" };
  const { pid, host } = owner;
  const isHere = host === hostname();
  const kind = isHere && (await isRunning(owner)) ? "held" : "dead";
  const about = await orElse(["ENOENT"], stat(file), null); // after: one that ends well gives it up before it is gone
  if (about === null) return { kind: "free" };
  const since = about.mtimeMs;
  return isHere ? { kind, pid, since } : { kind: "elsewhere", pid, host, since };
}

/** `start` tells a process from a later one with the same pid (in a container, pids come back); null where unknown. */
const ownerSchema = z.object({ pid: z.int().positive(), host: z.string(), start: z.string().nullable() });
type Owner = z.infer<typeof ownerSchema>;

async function writeOwner(folder: string, token: string, owner: Owner): Promise<void> {
  await mkdir(folder);
  const handle = await open(join(folder, `${token}.json`), "wx");
  try {
    await handle.writeFile(JSON.stringify(owner));
    await handle.sync(); // an empty file after a power cut would be nobody's
  } finally {
    await handle.close();
  }
}

function tryRename(from: string, to: string): Promise<boolean> {
  return orElse(
    ["ENOTEMPTY", "EEXIST"],
    rename(from, to).then(() => true),
    false,
  );
}

/**
 * Removes owners that are dead.
 *
 * @throws GanglionError RUN_FOLDER when one may be alive
 */
async function clearDeadOwners(lock: string): Promise<void> {
  for (const name of await orElse(["ENOENT"], readdir(lock), [])) {
    const file = join(lock, name);
    const owner = await ownerState(file);
    switch (owner.kind) {
      case "free":
        break;
      case "dead":
        await orElse(["ENOENT"], unlink(file), undefined);
        break;
      case "held":
        throw inUse(lock, `pid ${owner.pid} on this machine`);
      case "elsewhere":
        throw inUse(lock, `pid ${owner.pid} on ${owner.host} (this is ${hostname()})`);
      case "unreadable":
        throw inUse(lock, "an owner that cannot be read");
      default:
        owner satisfies never;
    }
  }
}

function parseOwner(text: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function inUse(lock: string, owner: string): GanglionError {
  const message = `the run is in use by ${owner}: stop that coordinator first, or delete ${lock} if there is none`;
  return new GanglionError("RUN_FOLDER", message);
}

async function isRunning(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false; // EPERM: there is one, another user's
  }
  const now = await processStat(owner.pid);
  if (now === null) return true; // no /proc here: the pid is all we know
  return !now.dead && (owner.start === null || owner.start === now.start);
}

/** From proc(5) stat: field 3, the state (a killed process that nobody waited for is still listed), and field 22, the start. */
async function processStat(pid: number): Promise<{ dead: boolean; start: string } | null> {
  const text = await orElse<string | null>(["ENOENT", "ESRCH"], readFile(`/proc/${pid}/stat`, "utf8"), null);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { dead: fields[0] === "Z" || fields[0] === "X", start: fields[22 - 3] };
}

/** `fallback` where the system answers with one of `codes`; other errors pass. */
async function orElse<T>(codes: readonly string[], action: Promise<T>, fallback: T): Promise<T> {
  try {
    return await action;
  } catch (error) {
    const code = codeOf(error);
    if (code === null || !codes.includes(code)) throw error;
    return fallback;
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
