// Packed data sets kept on disk by fingerprint, so that each is decoded, drawn or fetched once on a machine.
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GanglionError, messageOf } from "../../errors.ts";
import { userCache } from "../../user-folders.ts";
import type { Dataset } from "../dataset.ts";
import { openPackedDataset } from "./packed-file.ts";

/** `$GANGLION_CACHE`, else where the system keeps caches; null for a user who has no such place. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string | null {
  return environment["GANGLION_CACHE"] || userCache(environment);
}

/** Where data sets are kept, and how. */
export interface CacheOptions {
  /** The cache's folder; null for none. By default the user's. */
  readonly folder?: string | null;
  /** Images of more bytes than this stay in the file. */
  readonly memoryBytes?: number;
  /** Hears, in a sentence, why the cache cannot be used. */
  readonly say?: (sentence: string) => void;
}

/** The folder of the packed files; null where there is no cache. */
export function dataFolder({ folder = cacheFolder() }: CacheOptions): string | null {
  return folder === null ? null : join(folder, "data");
}

export function packedName(fingerprint: string): string {
  return `${fingerprint}.packed`;
}

/** The cache's copy; null where there is none, or none that can be used: `say` hears why. */
export async function openCopy(fingerprint: string, options: CacheOptions): Promise<Dataset | null> {
  const data = dataFolder(options);
  if (data === null) return null;
  const file = join(data, packedName(fingerprint));
  const { memoryBytes, say } = options;
  try {
    const stamp = await stampOf(file);
    const isVerified = (await readFile(stampFile(file), "utf8").catch(() => null)) === stamp;
    const dataset = await openPackedDataset(file, fingerprint, {
      isVerified,
      ...(memoryBytes !== undefined && { memoryBytes }),
    });
    if (!isVerified) await noteVerified(file, stamp);
    return dataset;
  } catch (error) {
    const isMissing = ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
    if (error instanceof GanglionError) say?.(`${error.message}: it is made again`);
    else if (!isMissing) say?.(`${file} cannot be read (${messageOf(error)}): it is made again`);
    return null;
  }
}

/** Notes that the file's content has its fingerprint: as long as the file does not change, nobody looks again. */
export async function noteVerified(file: string, stamp?: string): Promise<void> {
  // Where it cannot be noted, the file is compared again the next time.
  await writeFile(stampFile(file), stamp ?? (await stampOf(file))).catch(() => undefined);
}

function stampFile(file: string): string {
  return `${file}.verified`;
}

/** Changes whenever the file does, whoever changed it and whatever time they gave it. */
async function stampOf(file: string): Promise<string> {
  const { size, mtimeMs, ctimeMs, ino } = await stat(file);
  return JSON.stringify({ size, mtimeMs, ctimeMs, ino });
}
