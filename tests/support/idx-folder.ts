// A folder of IDX files with random images and labels, as small as a test needs.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stream } from "../../shared/random.ts";

/** `count` images of 28 × 28 in ten classes, the train split. */
export async function writeIdxFolder(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const random = stream(1, "idx");
  const images = Buffer.alloc(count * 28 * 28);
  for (let i = 0; i < images.length; i++) images[i] = random.integer(256);
  const labels = Buffer.from(Array.from({ length: count }, (_, i) => i % 10));
  await writeFile(join(folder, "train-images-idx3-ubyte"), Buffer.concat([head([count, 28, 28]), images]));
  await writeFile(join(folder, "train-labels-idx1-ubyte"), Buffer.concat([head([count]), labels]));
}

/** Two zeros, 8 for bytes, the number of dimensions, the dimensions. */
function head(dimensions: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * dimensions.length);
  bytes.set([0, 0, 8, dimensions.length]);
  dimensions.forEach((dimension, i) => bytes.writeUInt32BE(dimension, 4 + 4 * i));
  return bytes;
}
