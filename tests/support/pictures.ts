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

/**
 * Sixteen pictures in two classes, of all kinds that need a rule: colour, grey, alpha, CMYK, 16 bits, EXIF orientation,
 * palette, animation; of several sizes and formats, one with a wrong extension, and hidden files between.
 */
export async function mixedPictures(): Promise<Readonly<Record<string, Buffer>>> {
  const hue =
    (seed: number): Paint =>
    (y, x) => [(seed * 37 + x * 9) % 256, (seed * 59 + y * 11) % 256, (seed * 83 + x * y) % 256];
  const grey =
    (seed: number): Paint =>
    (y, x) => [(seed * 41 + x * 7 + y * 5) % 256];
  const clear =
    (seed: number): Paint =>
    (y, x) => [...hue(seed)(y, x), (x * 20) % 256];
  const rgb = (seed: number): Sharp => paint(20 + seed, 30, 3, hue(seed));
  const entries: [string, Promise<Buffer>][] = [
    ["cats/01 plain.jpg", rgb(1).jpeg().toBuffer()],
    ["cats/02.png", rgb(2).png().toBuffer()],
    ["cats/03 grey.png", paint(18, 18, 1, grey(3)).png().toBuffer()],
    ["cats/04 alpha.png", paint(24, 24, 4, clear(4)).png().toBuffer()],
    ["cats/05.webp", rgb(5).webp().toBuffer()],
    ["cats/06.avif", rgb(6).avif({ effort: 0 }).toBuffer()],
    ["cats/07 übersetzt 猫.gif", rgb(7).gif().toBuffer()],
    ["cats/08.tif", rgb(8).tiff({ compression: "lzw" }).toBuffer()],
    ["dogs/01 cmyk.jpg", rgb(9).toColourspace("cmyk").jpeg().toBuffer()],
    ["dogs/02 16 bit.png", png16(16, 20, 3, (y, x) => [x * 3000, y * 4000, 65_535])],
    ["dogs/03 16 bit grey.png", png16(16, 20, 1, (_, x) => [x * 3000])],
    ["dogs/04 turned.jpg", rgb(10).withMetadata({ orientation: 6 }).jpeg().toBuffer()],
    ["dogs/05 palette.png", rgb(11).png({ palette: true }).toBuffer()],
    ["dogs/06 really a png.jpg", rgb(12).png().toBuffer()],
    ["dogs/07 no extension", rgb(13).png().toBuffer()],
    ["dogs/08.png", rgb(14).png().toBuffer()],
    ["dogs/._08.png", Promise.resolve(Buffer.from("Mac OS X"))],
    [".DS_Store", Promise.resolve(Buffer.from("Mac OS X"))],
  ];
  return Object.fromEntries(
    await Promise.all(entries.map(async ([name, bytes]) => [name, await bytes] as const)),
  );
}
