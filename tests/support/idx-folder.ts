// A small data set on disk: images of seeded bytes in any shape, with labels, as IDX files.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stream } from "../../shared/random/random.ts";

/** Writes `count` images [H, W, C] and labels 0 … classes - 1 into a new folder. */
export async function writeIdxFolder(
  folder: string,
  count: number,
  imageShape: readonly [number, number, number],
  classes: number,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const size = count * imageShape.reduce((product, length) => product * length, 1);
  const random = stream(1, "idx", folder.length);
  const pixels = Uint8Array.from({ length: size }, () => random.integer(256));
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  await writeFile(join(folder, "train-images-idx4-ubyte"), idx([count, ...imageShape], pixels));
  await writeFile(join(folder, "train-labels-idx1-ubyte"), idx([count], labels));
  return folder;
}

/** 0, 0, type (8: unsigned bytes), rank; dimensions as u32 BE; content. */
export function idx(dims: readonly number[], content: Uint8Array | readonly number[], type = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.set([0, 0, type, dims.length]);
  dims.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([header, Buffer.from(content)]);
}

/** Big-endian int32, IDX's type 12. */
export function int32(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeInt32BE(value, 4 * i));
  return bytes;
}
