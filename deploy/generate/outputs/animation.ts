// An interpolation as an animated WebP or GIF that runs for ever.
import { extname } from "node:path";
import sharp from "sharp";
import { type Pixels, gridPixels } from "../../../coordinator/records/sample-grid.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { sizeOf } from "../../../shared/program/program.ts";
import { writeWhole } from "../../export/places.ts";
import type { Output, OutputOptions } from "./output.ts";

/** Pixels of all frames together that fit in memory while they are encoded. */
const MOST_PIXELS = 2 ** 28;

export interface AnimationOptions extends OutputOptions {
  /** Side by side in each frame. */
  readonly tiles: number;
  readonly frames: number;
  readonly seconds: number;
  readonly columns?: number;
}

/** Frames are grids of the tiles; GIF knows hundredths of a second. */
export function animationOutput({
  out,
  imageShape,
  tiles,
  frames,
  seconds,
  columns,
}: AnimationOptions): Output {
  const size = sizeOf(imageShape) * tiles;
  const images = new Float32Array(frames * size);
  return {
    take(first, some) {
      images.set(some, first * sizeOf(imageShape));
      return Promise.resolve();
    },
    async finish() {
      const grid = { imageShape, ...(columns !== undefined && { columns }) };
      const pages = Array.from({ length: frames }, (_, i) =>
        gridPixels({ ...grid, images: images.subarray(i * size, (i + 1) * size) }),
      );
      await writeWhole(out, await animated(pages, out, seconds));
    },
    discard: () => Promise.resolve(),
  };
}

async function animated(pages: readonly Pixels[], out: string, seconds: number): Promise<Buffer> {
  const [{ width, height, channels }] = pages;
  if (width * height * pages.length > MOST_PIXELS)
    throw new GanglionError(
      "USAGE",
      `${pages.length} frames of ${width} × ${height} pixels do not fit in memory: choose fewer with --frames, or a smaller --count`,
    );
  const raw = { width, height: height * pages.length, channels, pageHeight: height };
  const all = sharp(Buffer.concat(pages.map(({ data }) => data)), { raw, limitInputPixels: false });
  const delay = delays(pages.length, seconds);
  return extname(out).toLowerCase() === ".gif"
    ? await all.gif({ loop: 0, delay: delay.map((ms) => Math.max(20, Math.round(ms / 10) * 10)) }).toBuffer()
    : await all.webp({ loop: 0, delay, quality: 90 }).toBuffer();
}

/** Milliseconds of each frame, together as near to `seconds` as whole ones can be. */
function delays(frames: number, seconds: number): number[] {
  const until = (frame: number): number => Math.round((frame * seconds * 1000) / frames);
  return Array.from({ length: frames }, (_, i) => Math.max(1, until(i + 1) - until(i)));
}
