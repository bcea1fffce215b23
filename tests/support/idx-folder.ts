// A small data set on disk: images of seeded bytes in any shape, with labels, as IDX files.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stream } from "../../shared/random.ts";

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

/** Magic number 0x08 (bytes) and rank, dimensions as u32 BE, content. */
function idx(dims: readonly number[], content: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  [0x800 + dims.length, ...dims].forEach((value, i) => header.writeUInt32BE(value, 4 * i));
  return Buffer.concat([header, content]);
}
