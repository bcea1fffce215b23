// Every picture as a file of its own, at its true size: 000000.png, 000001.png, …
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { gridPixels } from "../../../coordinator/records/sample-grid.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { sizeOf } from "../../../shared/program/program.ts";
import type { SingleKind } from "../kinds.ts";
import { temporaryBeside } from "../../export/places.ts";
import { encoded } from "./grid.ts";
import type { Output, OutputOptions } from "./output.ts";

/** Written into a folder beside `out`, which takes its name when all are there; `out` is not there yet. */
export async function singlesOutput({
  out,
  count,
  imageShape,
  kind,
}: OutputOptions & { readonly kind: SingleKind }): Promise<Output> {
  const size = sizeOf(imageShape);
  const digits = Math.max(6, String(count - 1).length);
  const unwritable = (cause: unknown): GanglionError =>
    new GanglionError(
      "RUN_FOLDER",
      `${out} cannot be written (${messageOf(cause)}): choose another place with --out`,
      { cause },
    );
  const folder = await temporaryBeside(out);
  const write = async (number: number, images: Float32Array): Promise<void> => {
    const { data, ...raw } = gridPixels({ images, imageShape, scale: 1, columns: 1 });
    const file = join(folder, `${String(number).padStart(digits, "0")}.${kind}`);
    const bytes = await encoded(sharp(data, { raw, limitInputPixels: false }), { out: file, ...raw });
    await writeFile(file, bytes).catch((cause: unknown) => Promise.reject(unwritable(cause)));
  };
  return {
    async take(first, images) {
      await Promise.all(
        Array.from({ length: images.length / size }, (_, i) =>
          write(first + i, images.subarray(i * size, (i + 1) * size)),
        ),
      );
    },
    async finish() {
      await rename(folder, out).catch((cause: unknown) => Promise.reject(unwritable(cause)));
    },
    discard: () => rm(folder, { recursive: true, force: true }),
  };
}
