// A NumPy file of colour images for measurements that depend on their size and number alone: noise.
import { open } from "node:fs/promises";
import { stream } from "../../../shared/random/random.ts";

/** uint8 [count, side, side, 3] */
export async function writePixels(file: string, count: number, side: number): Promise<void> {
  const image = 3 * side * side;
  const random = stream(1, "pixels");
  const noise = Uint8Array.from({ length: 64 * image }, () => random.integer(256));
  const handle = await open(file, "w");
  try {
    const shape = `(${count}, ${side}, ${side}, 3)`;
    const header = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + "\n";
    await handle.write(
      Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}`, "latin1"),
    );
    for (let done = 0; done < count; done += 64)
      await handle.write(noise, 0, Math.min(64, count - done) * image);
  } finally {
    await handle.close();
  }
}
