// Data sets that came over the network, kept on disk by fingerprint, so that a node fetches each once.
import { randomBytes } from "node:crypto";
import { access, mkdir, open, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { GanglionError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import { type FetchData, readPackedDataset } from "./packed.ts";

/** `$GANGLION_CACHE`, else where the system keeps caches. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { GANGLION_CACHE: own, XDG_CACHE_HOME: system } = environment;
  return own || join(system || join(homedir(), ".cache"), "ganglion");
}

/**
 * The data set of this fingerprint, from the cache, or fetched into it. Damaged copies are fetched again; what does
 * not have the fingerprint is never returned, and never stays.
 *
 * @throws GanglionError DATA when what was fetched is another data set, and what `fetch` throws
 */
export async function cachedDataset(
  fingerprint: string,
  fetch: FetchData,
  options: { readonly folder?: string; readonly say?: (sentence: string) => void } = {},
): Promise<Dataset> {
  const { folder = cacheFolder(), say } = options;
  const file = join(folder, "data", `${fingerprint}.packed`);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) {
    const found = await readPackedDataset(file, fingerprint).catch((error: unknown) => {
      if (!(error instanceof GanglionError)) throw error;
      say?.(`${error.message}: it is fetched again`);
      return null;
    });
    if (found) return found;
  }
  await mkdir(join(folder, "data"), { recursive: true });
  // Of its own, as several nodes of one machine may fetch at once; whichever is last replaces equal bytes.
  const partial = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writePieces(partial, fetch(fingerprint));
    const dataset = await readPackedDataset(partial, fingerprint);
    await rename(partial, file);
    return dataset;
  } finally {
    await rm(partial, { force: true });
  }
}

async function writePieces(file: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(file, "wx");
  try {
    for await (const piece of pieces) await handle.writeFile(piece);
    await handle.sync(); // before it gets its name
  } finally {
    await handle.close();
  }
}
