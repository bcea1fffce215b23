// Animations that the page saves, as another decoder reads them.
import sharp from "sharp";
import { expect, test } from "vitest";
import { encodeGif } from "../../../../../coordinator/dashboard/page/pictures/export/gif.ts";
import { paletteOf } from "../../../../../coordinator/dashboard/page/pictures/export/palette.ts";

test("pictures of at most 256 colours come back as they were, one after the other, for ever", async () => {
  const [width, height] = [67, 43];
  const pictures = [1, 2, 3].map((seed) => noise(width * height, (i) => grey((i * i * seed + i) % 251)));
  const gif = Buffer.from(encodeGif({ width, height, pictures, delayMs: 250 }));
  expect(await sharp(gif, { animated: true }).metadata()).toMatchObject({
    width,
    pageHeight: height,
    pages: 3,
    delay: [250, 250, 250],
    loop: 0,
  });
  for (const [page, picture] of pictures.entries()) {
    const pixels = await sharp(gif, { page }).ensureAlpha().raw().toBuffer();
    expect(Buffer.compare(pixels, Buffer.from(picture))).toBe(0);
  }
});

test("more colours than 256 are made fewer, each by one that is near", () => {
  const many = noise(64 * 64, (i) => [(i % 64) * 4, Math.floor(i / 64) * 4, 128]);
  const { colours, indexOf } = paletteOf([many]);
  expect(colours.length).toBeLessThanOrEqual(3 * 256);
  for (let i = 0; i < many.length; i += 4) {
    const at = 3 * indexOf((many[i] << 16) | (many[i + 1] << 8) | many[i + 2]);
    // 4,096 colours on a square of 252 × 252 in 256 boxes of about 16 × 16: half a side, and the five bits' 8
    for (const c of [0, 1, 2]) expect(Math.abs(colours[at + c] - many[i + c])).toBeLessThanOrEqual(24);
  }
});

function grey(value: number): [number, number, number] {
  return [value, value, value];
}

function noise(count: number, colour: (i: number) => readonly [number, number, number]): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(4 * count);
  for (let i = 0; i < count; i++) pixels.set([...colour(i), 255], 4 * i);
  return pixels;
}
