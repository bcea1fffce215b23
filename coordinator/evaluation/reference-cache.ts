// References on disk: features of real images and their floor, by a hash of all that they depend on.
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../../shared/data/packed/cache.ts";
import { messageOf } from "../../shared/errors.ts";
import type { EvaluationFloor } from "../dashboard/events.ts";
import { replaceFile } from "../records/files/durable-file.ts";
import {
  type Safetensors,
  contentHash,
  decodeSafetensors,
  encodeSafetensors,
} from "../records/files/safetensors.ts";
import type { ReferenceOptions } from "./asked.ts";

export interface KeptReference {
  /** [images, F + K] */
  readonly rows: Float32Array;
  readonly floor: EvaluationFloor | null;
}

/** Raised when metrics or the order of references change: what was kept before is not used any more. */
const VERSION = 1;

export function referenceKey({
  spec,
  images,
  train,
  flip,
  seed,
  numerics,
}: Omit<ReferenceOptions, "numerics"> & { readonly seed: number; readonly numerics: string }): string {
  const { fingerprint } = train;
  const depends = { VERSION, fingerprint, flip, spec, images, seed, numerics };
  return createHash("sha256").update(JSON.stringify(depends)).digest("hex");
}

/** Null where there is none; a damaged one is warned of, and made again. */
export async function keptReference(
  cache: string,
  key: string,
  length: number,
  warn: (message: string) => void,
): Promise<KeptReference | null> {
  const file = fileOf(cache, key);
  try {
    const found = decodeSafetensors(await readFile(file), file);
    const { hash, floor, ...metadata } = found.metadata;
    const rows = found.tensors.get("rows");
    const isWhole = hash === contentHash({ tensors: found.tensors, metadata: { ...metadata, floor } });
    if (isWhole && rows?.dtype === "F32" && rows.data.length === length)
      return { rows: rows.data, floor: JSON.parse(floor) as EvaluationFloor | null };
    warn(`${file} is damaged: the reference is made again`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT")
      warn(`${file} cannot be used (${messageOf(error)}): the reference is made again`);
  }
  return null;
}

/** Whoever finds the file finds it whole. Where it cannot be written, the next evaluation makes it again. */
export async function keepReference(
  cache: string,
  key: string,
  { rows, floor }: KeptReference,
  warn: (message: string) => void,
): Promise<void> {
  const content: Safetensors = {
    tensors: new Map([["rows", { dtype: "F32", shape: [rows.length], data: rows }]]),
    metadata: { floor: JSON.stringify(floor) },
  };
  const metadata = { ...content.metadata, hash: contentHash(content) };
  try {
    await mkdir(cache, { recursive: true });
    await replaceFile(fileOf(cache, key), encodeSafetensors({ ...content, metadata }));
  } catch (error) {
    warn(`the reference cannot be kept in ${cache} (${messageOf(error)}): it will be made again`);
  }
}

/** Where references are kept: in the user's cache, beside the packed data; null where there is none. */
export function evaluationCache(): string | null {
  const folder = cacheFolder();
  return folder === null ? null : join(folder, "evaluation");
}

function fileOf(cache: string, key: string): string {
  return join(cache, `${key}.safetensors`);
}
