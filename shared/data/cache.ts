// Data sets that came over the network, kept on disk by fingerprint, so that a node fetches each once.
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { GanglionError, messageOf } from "../errors.ts";
import { makeFolder } from "../make-folder.ts";
import { userCache } from "../user-folders.ts";
import type { Dataset } from "./dataset.ts";
import { type FetchData, readPackedDataset, unpackDataset } from "./packed.ts";

/** `$GANGLION_CACHE`, else where the system keeps caches; null for a user who has no such place. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string | null {
  return environment["GANGLION_CACHE"] || userCache(environment);
}

/**
 * The data set of this fingerprint, from the cache, or fetched into it. Damaged copies are fetched again; what does
 * not have the fingerprint is never returned, and never stays. A cache that cannot be used (no folder, no right, no
 * room) costs nothing but the next fetch: `say` hears why, once, and the data stays in memory.
 *
 * @throws GanglionError DATA when what was fetched is another data set, and what `fetch` throws
 */
export async function cachedDataset(
  fingerprint: string,
  fetch: FetchData,
  options: { readonly folder?: string | null; readonly say?: (sentence: string) => void } = {},
): Promise<Dataset> {
  const { folder = cacheFolder(), say = () => undefined } = options;
  const data = folder === null ? null : join(folder, "data");
  const name = `${fingerprint}.packed`;
  const found = data === null ? null : await readCopy(join(data, name), fingerprint, say);
  if (found) return found;
  const copy = await startCopy(data, name, say);
  try {
    const dataset = await unpackDataset(copy.keeping(fetch(fingerprint)), fingerprint);
    await copy.finish();
    return dataset;
  } finally {
    await copy.discard();
  }
}

/** Null where there is none, or none that can be used. */
async function readCopy(
  file: string,
  fingerprint: string,
  say: (sentence: string) => void,
): Promise<Dataset | null> {
  try {
    return await readPackedDataset(file, fingerprint);
  } catch (error) {
    const isMissing = ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
    if (error instanceof GanglionError) say(`${error.message}: it is fetched again`);
    else if (!isMissing) say(`${file} cannot be read (${messageOf(error)}): it is fetched again`);
    return null;
  }
}

/** A file that becomes the cache's copy, as far as it can be written. */
interface Copy {
  /** The pieces as they are, each written on its way. */
  keeping(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Gives the file its name; the data was whole. */
  finish(): Promise<void>;
  /** Leaves no part behind; after `finish` it does nothing. */
  discard(): Promise<void>;
}

async function startCopy(
  folder: string | null,
  name: string,
  say: (sentence: string) => void,
): Promise<Copy> {
  let handle: FileHandle | null = null;
  // Of its own, as several nodes of one machine may fetch at once; whichever is last replaces equal bytes.
  const partial = folder && join(folder, `${name}.${randomBytes(6).toString("hex")}.tmp`);
  const discard = async (): Promise<void> => {
    const begun = handle;
    handle = null;
    await begun?.close().catch(() => undefined); // what it could not write was told, and it goes
    if (begun && partial) await rm(partial, { force: true }).catch(() => undefined);
  };
  /** Runs while the file can be written. */
  const attempt = async (body: () => Promise<void>): Promise<void> => {
    try {
      await body();
    } catch (error) {
      await discard();
      say(
        `the data cannot be kept in ${folder} (${messageOf(error)}): it stays in memory and will be fetched again; name a folder with room in GANGLION_CACHE`,
      );
    }
  };
  if (folder === null || partial === null) {
    say("this user has no home folder to keep the data in: it stays in memory and will be fetched again; name a folder in GANGLION_CACHE"); // prettier-ignore
  } else {
    await attempt(async () => {
      await makeFolder(folder);
      handle = await open(partial, "wx");
    });
  }
  return {
    async *keeping(pieces) {
      for await (const piece of pieces) {
        const file: FileHandle | null = handle;
        if (file) await attempt(() => file.writeFile(piece));
        yield piece;
      }
    },
    async finish() {
      const file: FileHandle | null = handle;
      if (!file || folder === null || partial === null) return;
      await attempt(async () => {
        await file.sync(); // before it gets its name
        await rename(partial, join(folder, name));
        handle = null;
        await file.close();
      });
    },
    discard,
  };
}
