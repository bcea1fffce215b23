// Images for networks of any size: noise, written as NumPy arrays. Speed does not depend on what they show.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stream } from "../../../shared/random/random.ts";

/** `x_train.npy` [N, H, W, C] of bytes and `y_train.npy` [N], the classes one after the other. */
export async function writeImages(
  folder: string,
  count: number,
  shape: readonly [number, number, number],
  classes: number,
): Promise<void> {
  const size = shape.reduce((product, length) => product * length, 1);
  const random = stream(1, "images", ...shape);
  const pixels = new Uint8Array(
    Uint32Array.from({ length: Math.ceil((count * size) / 4) }, () => random.uint32()).buffer,
  );
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  await writeFile(join(folder, "x_train.npy"), npy([count, ...shape], pixels.subarray(0, count * size)));
  await writeFile(join(folder, "y_train.npy"), npy([count], labels));
}

/** Version 1.0 of NumPy's format (NEP 1): magic, length of the header, header padded to 64 bytes, the bytes. */
function npy(shape: readonly number[], bytes: Uint8Array): Buffer {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, padded.length & 255, padded.length >> 8]);
  return Buffer.concat([start, Buffer.from(padded, "latin1"), bytes]);
}
