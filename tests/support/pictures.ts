// Small pictures of every kind, made where they are needed.
import sharp, { type Sharp } from "sharp";

/** Pixels of `channels` numbers each, by row and column. */
export type Paint = (y: number, x: number) => readonly number[];

/** A picture of 8-bit pixels. */
export function paint(height: number, width: number, channels: 1 | 2 | 3 | 4, pixel: Paint): Sharp {
  const bytes = new Uint8Array(height * width * channels);
  fillPixels(bytes, width, channels, pixel);
  return sharp(bytes, { raw: { height, width, channels } }).toColourspace(channels < 3 ? "b-w" : "srgb");
}

/** A PNG of 16-bit pixels. */
export function png16(height: number, width: number, channels: 1 | 3 | 4, pixel: Paint): Promise<Buffer> {
  const values = new Uint16Array(height * width * channels);
  fillPixels(values, width, channels, pixel);
  return sharp(values, { raw: { height, width, channels } })
    .toColourspace(channels === 1 ? "grey16" : "rgb16")
    .png()
    .toBuffer();
}

function fillPixels(target: Uint8Array | Uint16Array, width: number, channels: number, pixel: Paint): void {
  for (let at = 0; at < target.length; at += channels) {
    const index = at / channels;
    target.set(pixel(Math.floor(index / width), index % width), at);
  }
}
