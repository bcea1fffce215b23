// Images for networks of any size: noise, written as NumPy arrays. Speed does not depend on what they show.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { npyHeader } from "../../../shared/data/numpy/header.ts";
import { stream } from "../../../shared/random/random.ts";

/** Of a classifier's test after a run's last step, which no turn counts. */
const TEST_IMAGES = 64;

/** `x_train.npy` [N, H, W, C] of bytes, `y_train.npy` [N] with the classes one after the other, and a few of both for tests. */
export async function writeImages(
  folder: string,
  count: number,
  shape: readonly [number, number, number],
  classes: number,
): Promise<void> {
  for (const [split, images] of [["train", count] as const, ["test", TEST_IMAGES] as const]) {
    const size = images * shape.reduce((product, length) => product * length, 1);
    const random = stream(1, "images", split, ...shape);
    const words = Uint32Array.from({ length: Math.ceil(size / 4) }, () => random.uint32());
    const labels = Uint8Array.from({ length: images }, (_, i) => i % classes);
    const pixels = new Uint8Array(words.buffer, 0, size);
    await writeFile(join(folder, `x_${split}.npy`), array([images, ...shape], pixels));
    await writeFile(join(folder, `y_${split}.npy`), array([images], labels));
  }
}

function array(shape: readonly number[], bytes: Uint8Array): Buffer {
  return Buffer.concat([npyHeader("|u1", shape), bytes]);
}
