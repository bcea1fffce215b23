// A file of the cache that is not whole yet: of one process at a time, and left for the next where that one fails.
import { randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../make-folder.ts";

/** A file of the cache cannot be written: no right, no room. Memory may do. */
export class UnwritableError extends Error {}

export interface PartialFile {
  readonly path: string;
  readonly handle: FileHandle;
  /** Bytes that an earlier attempt has left in it. */
  readonly bytes: number;
  /** Flushes it and gives it its name, by default the one that it was opened for; returns the whole path. */
  finish(as?: string): Promise<string>;
  /** Leaves what there is for the next attempt. */
  leave(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

/** Who has not written for so long is not there any more: another may go on with the file. */
const ABANDONED_MS = 20_000;
/** After so long it is removed; whoever comes back to it would begin again. */
const FORGOTTEN_MS = 3_600_000;

/**
 * A file that becomes `name` in `folder`, which is made where it is missing. With `goOn`, what an earlier process has
 * left of it is taken over.
 *
 * @throws the system's error
 */
export async function openPartialFile(
  folder: string,
  name: string,
  { goOn = false }: { readonly goOn?: boolean } = {},
): Promise<PartialFile> {
  await makeFolder(folder);
  // Each of its own, as several processes of one machine may make the same file at once; the last replaces equal bytes.
  const path = join(folder, `${name}.${randomBytes(6).toString("hex")}.tmp`);
  await takeOver(folder, name, path, goOn);
  const handle = await open(path, goOn ? "a+" : "wx+");
  const { size } = await handle.stat();
  let isOpen = true;
  const close = async (): Promise<boolean> => {
    const was = isOpen;
    isOpen = false;
    if (was) await handle.close().catch(() => undefined); // a failed write was reported when it failed
    return was;
  };
  return {
    path,
    handle,
    bytes: size,
    async finish(as = name) {
      await handle.sync(); // before it gets its name
      const whole = join(folder, as);
      await rename(path, whole);
      await close();
      return whole;
    },
    async leave() {
      if (await close()) await rename(path, join(folder, leftName(name))).catch(() => undefined);
    },
    async discard() {
      if (await close()) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

function leftName(name: string): string {
  return `${name}.left.tmp`;
}

/** Renames what was left to `path`: whoever is first has it. What else was forgotten is removed. */
async function takeOver(folder: string, name: string, path: string, goOn: boolean): Promise<void> {
  const names = await readdir(folder);
  let isTaken = !goOn;
  for (const found of names.filter((one) => one.startsWith(`${name}.`) && one.endsWith(".tmp"))) {
    const file = join(folder, found);
    const isLeft = found === leftName(name);
    const age = Date.now() - ((await stat(file).catch(() => null))?.mtimeMs ?? Date.now());
    if (!isTaken && (isLeft || age > ABANDONED_MS)) {
      isTaken = await rename(file, path).then(
        () => true,
        () => false, // another process was faster
      );
    } else if (isLeft || age > FORGOTTEN_MS) await rm(file, { force: true });
  }
}
