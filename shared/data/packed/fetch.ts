// Data sets from the network, into the cache; a transfer that broke goes on where it was.
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { GanglionError, messageOf } from "../../errors.ts";
import { backOffMs } from "../../async/back-off.ts";
import type { Dataset } from "../dataset.ts";
import { type CacheOptions, dataFolder, noteVerified, openCopy, packedName } from "./cache.ts";
import { openPackedDataset, unpackDataset } from "./packed-file.ts";
import { type PartialFile, UnwritableError, openPartialFile } from "./partial-file.ts";

/**
 * Fetches a packed data set by its fingerprint, over the run's transport, from byte `from` on.
 *
 * @throws GanglionError DATA when there is no such data set, TRANSPORT when the transfer breaks
 */
export type FetchData = (fingerprint: string, from: number) => AsyncIterable<Uint8Array>;

const PAUSES = { firstMs: 200, longestMs: 5000 } as const;

/**
 * The data set of this fingerprint, from the cache, or fetched into it. Damaged copies are fetched again; what does
 * not have the fingerprint is never returned, and never stays. A cache that cannot be used (no folder, no right, no
 * room) costs nothing but the next fetch: `say` hears why, once, and the data stay in memory.
 *
 * @throws GanglionError DATA when what was fetched is another data set, or fits nowhere, and what `fetch` throws
 */
export async function cachedDataset(
  fingerprint: string,
  fetch: FetchData,
  options: CacheOptions = {},
): Promise<Dataset> {
  const found = await openCopy(fingerprint, options);
  if (found) return found;
  const { say = () => undefined, memoryBytes } = options;
  const inMemory = (why: string): Promise<Dataset> => {
    say(`${why}: they stay in memory and will be fetched again; name a folder with room in GANGLION_CACHE`);
    return unpackDataset(
      fetch(fingerprint, 0),
      fingerprint,
      memoryBytes === undefined ? {} : { memoryBytes },
    );
  };
  const folder = dataFolder(options);
  if (folder === null) return inMemory("this user has no home folder to keep the data in");
  let partial: PartialFile;
  try {
    partial = await openPartialFile(folder, packedName(fingerprint), { goOn: true });
  } catch (error) {
    return inMemory(`the data cannot be kept in ${folder} (${messageOf(error)})`);
  }
  try {
    await download(partial, fingerprint, fetch, say);
    return await checked(partial, fingerprint, join(folder, packedName(fingerprint)), options);
  } catch (error) {
    if (error instanceof UnwritableError) {
      await partial.discard();
      return inMemory(`the data cannot be kept in ${folder} (${messageOf(error.cause)})`);
    }
    const isWrong = error instanceof GanglionError && error.code === "DATA";
    await (isWrong ? partial.discard() : partial.leave());
    // What another process left may be of another server: once more from the beginning tells.
    if (isWrong && partial.bytes > 0) return cachedDataset(fingerprint, fetch, options);
    throw error;
  }
}

/** Appends what is missing. A transfer that breaks is tried again as long as each attempt brings something. */
async function download(
  { handle, bytes }: PartialFile,
  fingerprint: string,
  fetch: FetchData,
  say: (sentence: string) => void,
): Promise<void> {
  if (bytes > 0) say(`going on with what was fetched before (${bytes} bytes)`);
  let at = bytes;
  for (let attempt = 0; ;) {
    const begun = at;
    try {
      for await (const piece of fetch(fingerprint, at)) {
        await handle.appendFile(piece).catch((cause: unknown) => {
          throw new UnwritableError("the cache cannot be written", { cause });
        });
        at += piece.length;
      }
      return;
    } catch (error) {
      if (!(error instanceof GanglionError) || error.code !== "TRANSPORT" || at === begun) throw error;
      attempt++;
      say(`${error.message}: going on after ${at} bytes`);
      await delay(backOffMs(attempt, PAUSES));
    }
  }
}

/** Compares it before it gets its name, then opens it there. */
async function checked(
  partial: PartialFile,
  fingerprint: string,
  file: string,
  { memoryBytes = Infinity }: CacheOptions,
): Promise<Dataset> {
  const dataset = await openPackedDataset(partial.path, fingerprint, { memoryBytes });
  await partial.finish().catch((cause: unknown) => {
    throw new UnwritableError("the cache's file cannot be named", { cause });
  });
  await noteVerified(file);
  const { images } = dataset;
  return images.kind === "file" ? { ...dataset, images: { ...images, file } } : dataset;
}
