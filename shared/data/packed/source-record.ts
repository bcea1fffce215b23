// What came of a source that was decoded before: with the same files and options, the copy in the cache is taken.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Split } from "../dataset.ts";
import type { ImageOptions } from "../image-options.ts";
import { type CacheOptions, dataFolder } from "./cache.ts";
import { openPartialFile } from "./partial-file.ts";

/** Raised whenever the same files and options give other images. */
const DECODER_VERSION = 1;

const schema = z.strictObject({
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  notes: z.array(z.string()).readonly(),
  warnings: z.array(z.string()).readonly(),
  skipped: z.array(z.strictObject({ name: z.string(), reason: z.string() })).readonly(),
});
export type SourceRecord = z.infer<typeof schema>;

export interface SourceKey {
  readonly format: string;
  readonly split: Split;
  readonly identity: readonly string[];
  readonly images: ImageOptions;
}

/**
 * SHA-256 hex over all that decides what comes of a source: mirrored images are no images of their own, and whether the
 * bad ones are skipped is for who reads the record.
 */
export function sourceKey({ format, split, identity, images }: SourceKey): string {
  const hash = createHash("sha256");
  hash.update(
    JSON.stringify({ version: DECODER_VERSION, format, split, ...images, flip: false, skipBad: false }),
  );
  for (const line of identity) hash.update(`\n${line.length}:${line}`);
  return hash.digest("hex");
}

/** Null where nothing is known, or nothing that can be read: then the source is decoded again. */
export async function readSourceRecord(key: string, options: CacheOptions): Promise<SourceRecord | null> {
  const folder = dataFolder(options);
  if (folder === null) return null;
  try {
    return schema.parse(JSON.parse(await readFile(join(folder, recordName(key)), "utf8")));
  } catch {
    return null;
  }
}

/** Where it cannot be written, the source is decoded again the next time, and `say` hears why. */
export async function writeSourceRecord(
  key: string,
  record: SourceRecord,
  options: CacheOptions,
): Promise<void> {
  const folder = dataFolder(options);
  if (folder === null) return;
  try {
    const file = await openPartialFile(folder, recordName(key));
    try {
      await file.handle.writeFile(JSON.stringify(record));
      await file.finish();
    } finally {
      await file.discard();
    }
  } catch (error) {
    options.say?.(`what was decoded cannot be noted in ${folder}: ${String(error)}`);
  }
}

function recordName(key: string): string {
  return `${key}.source.json`;
}
