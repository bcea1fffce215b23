// All pictures in one: a grid, as PNG or WebP.
import { extname } from "node:path";
import sharp, { type Sharp } from "sharp";
import { gridPixels } from "../../../coordinator/records/sample-grid.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { sizeOf } from "../../../shared/program/program.ts";
import { writeWhole } from "../../export/places.ts";
import type { Output, OutputOptions } from "./output.ts";

/** What WebP's format can hold, a side. */
const WEBP_SIDE = 16_383;

export function gridOutput({
  out,
  count,
  imageShape,
  columns,
}: OutputOptions & { readonly columns?: number }): Output {
  const size = sizeOf(imageShape);
  const images = new Float32Array(count * size);
  return {
    take(first, some) {
      images.set(some, first * size);
      return Promise.resolve();
    },
    async finish() {
      const { data, ...raw } = gridPixels({ images, imageShape, ...(columns !== undefined && { columns }) });
      const picture = sharp(data, { raw, limitInputPixels: false });
      await writeWhole(out, await encoded(picture, { out, width: raw.width, height: raw.height }));
    },
    discard: () => Promise.resolve(),
  };
}

/** By the name's ending. */
export async function encoded(
  picture: Sharp,
  { out, width, height }: { readonly out: string; readonly width: number; readonly height: number },
): Promise<Buffer> {
  if (extname(out).toLowerCase() !== ".webp") return await picture.png().toBuffer();
  if (Math.max(width, height) > WEBP_SIDE)
    throw new GanglionError(
      "USAGE",
      `--out ${out}: WebP has at most ${WEBP_SIDE} pixels a side, and the picture has ${width} × ${height}: choose a .png`,
    );
  return await picture.webp({ lossless: true }).toBuffer();
}
