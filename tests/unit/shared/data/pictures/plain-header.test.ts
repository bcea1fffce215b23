// Headers that are read without the image library, against what it says.
import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { type PictureHeader, plainHeader } from "../../../../../shared/data/pictures/plain-header.ts";
import { stream } from "../../../../../shared/random/random.ts";
import { paint, png16 } from "../../../../support/pictures.ts";

const colours = (): Sharp => paint(7, 5, 3, (y, x) => [30 * y, 40 * x, 90]);
const grey = (): Sharp => paint(7, 5, 1, (y, x) => [30 * y + x]);
const alpha = (): Sharp => paint(7, 5, 4, (y, x) => [30 * y, 40 * x, 90, 50 * x]);

/** What a survey counts, of all that the library says. */
async function libraryHeader(bytes: Uint8Array): Promise<PictureHeader> {
  const said = await sharp(bytes, { limitInputPixels: false }).metadata();
  const { format, width, height, autoOrient, space, depth, isPalette, hasAlpha, orientation, pages } = said;
  const plain = { format, width, height, autoOrient, space, depth, isPalette, hasAlpha };
  return {
    ...plain,
    ...(orientation !== undefined && { orientation }),
    ...(pages !== undefined && { pages }),
  };
}

const PLAIN: readonly [string, () => Sharp][] = [
  ["a JPEG", () => colours().jpeg()],
  ["a progressive JPEG", () => colours().jpeg({ progressive: true })],
  ["a JPEG with restart intervals and full colour", () => colours().jpeg({ chromaSubsampling: "4:4:4" })],
  ["a JPEG with a profile", () => colours().withIccProfile("p3").jpeg()],
  ["a grey JPEG", () => grey().toColourspace("b-w").jpeg()],
  ["a PNG", () => colours().png()],
  ["an interlaced PNG", () => colours().png({ progressive: true })],
  ["a grey PNG", () => grey().toColourspace("b-w").png()],
  ["a PNG with alpha", () => alpha().png()],
];

test.each(PLAIN)("the header of %s is read as the image library reads it", async (_, encode) => {
  const bytes = await encode().toBuffer();
  const header = plainHeader(bytes);
  expect(header).not.toBeNull();
  expect(header).toEqual(await libraryHeader(bytes));
});

test.each<[string, () => Promise<Buffer>]>([
  ["a JPEG that is turned", () => colours().withMetadata({ orientation: 6 }).jpeg().toBuffer()],
  ["a PNG that is turned", () => colours().withMetadata({ orientation: 6 }).png().toBuffer()],
  ["a JPEG in CMYK", () => colours().toColourspace("cmyk").jpeg().toBuffer()],
  ["a PNG with a palette", () => colours().png({ palette: true }).toBuffer()],
  ["a PNG of 16 bits", () => png16(2, 2, 3, () => [1, 2, 3])],
  ["a WebP", () => colours().webp().toBuffer()],
  ["a JPEG that ends in its header", async () => (await colours().jpeg().toBuffer()).subarray(0, 150)],
  ["a PNG that ends in its pixels", async () => (await colours().png().toBuffer()).subarray(0, -20)],
  ["an empty file", async () => Buffer.alloc(0)],
])("the header of %s is left to the image library", async (_, make) => {
  expect(plainHeader(await make())).toBeNull();
});

test("whatever bytes of a picture are changed, no header is read that the image library reads otherwise", async () => {
  const random = stream(1, "changed headers");
  let compared = 0;
  for (const [, encode] of PLAIN) {
    const bytes = await encode().toBuffer();
    for (let i = 0; i < 60; i++) {
      const changed = Buffer.from(bytes);
      changed[random.integer(Math.min(700, changed.length))] = random.integer(256);
      const header = plainHeader(changed);
      const library = header && (await libraryHeader(changed).catch(() => null)); // refused there: decoding says why
      if (!library) continue;
      expect(header, changed.toString("hex")).toEqual(library);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(200);
});
