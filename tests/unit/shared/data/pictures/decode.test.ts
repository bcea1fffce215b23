// What each kind of picture becomes, pixel by pixel.
import { expect, test } from "vitest";
import sharp, { type Sharp } from "sharp";
import { type Target, createDecoder } from "../../../../../shared/data/pictures/decode.ts";
import { type Paint, paint, png16 } from "../../../../support/pictures.ts";

const RED = [200, 10, 30];

async function decoded(
  bytes: Uint8Array,
  imageShape: Target["imageShape"],
  options: Partial<Target> = {},
): Promise<number[]> {
  const decode = await createDecoder({ imageShape, fit: "cover", background: "#ffffff", ...options });
  return [...(await decode({ kind: "encoded", bytes }))];
}

const fill =
  (...pixel: number[]): Paint =>
  () =>
    pixel;

/** Left half and right half. */
const halves =
  (left: readonly number[], right: readonly number[], width: number): Paint =>
  (_, x) =>
    x < width / 2 ? left : right;

test.each<[string, (picture: Sharp) => Sharp]>([
  ["PNG", (picture) => picture.png()],
  ["WebP", (picture) => picture.webp({ lossless: true })],
  ["TIFF", (picture) => picture.tiff({ compression: "lzw" })],
  ["GIF", (picture) => picture.gif()],
  ["a PNG with a palette", (picture) => picture.png({ palette: true })],
  ["AVIF", (picture) => picture.avif({ lossless: true, chromaSubsampling: "4:4:4" })],
])("colour comes out of %s as it went in", async (_, encode) => {
  const picture = await encode(paint(2, 2, 3, halves(RED, [0, 255, 0], 2))).toBuffer();
  expect(await decoded(picture, [2, 2, 3])).toEqual([...RED, 0, 255, 0, ...RED, 0, 255, 0]);
});

test("colour comes out of a JPEG as near as JPEG is", async () => {
  const jpeg = await paint(8, 8, 3, fill(...RED))
    .jpeg({ quality: 100 })
    .toBuffer();
  const pixels = await decoded(jpeg, [8, 8, 3]);
  for (const [i, value] of pixels.entries()) expect(Math.abs(value - RED[i % 3])).toBeLessThanOrEqual(2);
});

test("16 bits are scaled to 8, and never clipped", async () => {
  const values = [65_535, 32_896, 257, 0]; // v / 257: 255, 128, 1, 0
  const grey = await png16(1, 4, 1, (_, x) => [values[x]]);
  expect(await decoded(grey, [1, 4, 1])).toEqual([255, 128, 1, 0]);
  const colour = await png16(1, 1, 3, fill(65_535, 32_896, 257));
  expect(await decoded(colour, [1, 1, 3])).toEqual([255, 128, 1]);
  const resized = await png16(4, 4, 3, fill(65_535, 32_896, 257));
  expect(await decoded(resized, [2, 2, 3])).toEqual([255, 128, 1, 255, 128, 1, 255, 128, 1, 255, 128, 1]);
});

test("16 bits with alpha are composited at their own scale", async () => {
  const clear = await png16(1, 1, 4, fill(65_535, 0, 0, 0));
  expect(await decoded(clear, [1, 1, 3])).toEqual([255, 255, 255]);
  const opaque = await png16(1, 1, 4, fill(65_535, 32_896, 257, 65_535));
  expect(await decoded(opaque, [1, 1, 3])).toEqual([255, 128, 1]);
});

test("alpha is composited onto the background, or kept as a fourth channel", async () => {
  const png = await paint(1, 2, 4, halves([100, 50, 0, 255], [100, 50, 0, 0], 2))
    .png()
    .toBuffer();
  expect(await decoded(png, [1, 2, 3])).toEqual([100, 50, 0, 255, 255, 255]);
  expect(await decoded(png, [1, 2, 3], { background: "#0000ff" })).toEqual([100, 50, 0, 0, 0, 255]);
  expect(await decoded(png, [1, 2, 4])).toEqual([100, 50, 0, 255, 100, 50, 0, 0]);
  const half = await paint(1, 1, 4, fill(0, 0, 0, 128))
    .png()
    .toBuffer(); // 0 · 128/255 + 255 · 127/255
  expect(await decoded(half, [1, 1, 1])).toEqual([127]);
});

test("what has no alpha is opaque where there are four channels", async () => {
  const png = await paint(1, 1, 3, fill(...RED))
    .png()
    .toBuffer();
  expect(await decoded(png, [1, 1, 4])).toEqual([...RED, 255]);
});

test("grey beside colour becomes colour, and colour becomes grey where one channel is wanted", async () => {
  const grey = await paint(1, 1, 1, fill(77)).png().toBuffer();
  expect(await decoded(grey, [1, 1, 3])).toEqual([77, 77, 77]);
  const white = await paint(1, 2, 3, halves([255, 255, 255], [0, 0, 0], 2))
    .png()
    .toBuffer();
  expect(await decoded(white, [1, 2, 1])).toEqual([255, 0]);
});

test("the EXIF orientation is applied", async () => {
  const picture = paint(8, 16, 3, halves([255, 0, 0], [0, 0, 255], 16));
  const turned = await picture.jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).withMetadata({ orientation: 6 }).toBuffer(); // prettier-ignore
  const pixels = await decoded(turned, [16, 8, 3]); // a quarter turn clockwise: left is above now
  const [above, below] = [pixels.slice(0, 3), pixels.slice(-3)];
  expect([above[0] > 240, above[2] < 15, below[0] < 15, below[2] > 240]).toEqual([true, true, true, true]);
});

test("CMYK becomes the RGB that it stands for", async () => {
  const cmyk = await paint(8, 8, 3, fill(255, 255, 255))
    .toColourspace("cmyk")
    .jpeg({ quality: 100 })
    .toBuffer();
  const pixels = await decoded(cmyk, [8, 8, 3]);
  for (const value of pixels) expect(value).toBeGreaterThan(250); // inverted it would be black
});

test("an animation gives its first frame", async () => {
  const webp = await sharp([await onePage(RED), await onePage([0, 255, 0])], { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
  expect((await sharp(webp).metadata()).pages).toBe(2);
  expect(await decoded(webp, [1, 1, 3])).toEqual(RED);
});

function onePage(pixel: readonly number[]): Promise<Buffer> {
  return paint(1, 1, 3, fill(...pixel))
    .png()
    .toBuffer();
}

test("cover cuts the middle out, contain leaves borders, stretch distorts", async () => {
  const wide: Paint = (_, x) => (x < 4 ? [255] : x < 12 ? [100] : [0]); // 8 × 16: edges of 4 columns
  const png = await paint(8, 16, 1, wide).png().toBuffer();
  expect(new Set(await decoded(png, [8, 8, 1]))).toEqual(new Set([100]));
  const contained = await decoded(png, [16, 16, 1], { fit: "contain", background: "#0a0a0a" });
  expect([contained[0], contained[8 * 16 + 8], contained.at(-1)]).toEqual([10, 100, 10]);
  const stretched = await decoded(png, [8, 8, 1], { fit: "stretch" });
  expect([stretched[0] > 200, Math.abs(stretched[4] - 100) < 5, stretched[7] < 50]).toEqual([
    true,
    true,
    true,
  ]); // Lanczos overshoots beside an edge
});

test("a fine pattern becomes its mean when it is made small, and no coarse one", async () => {
  const checks: Paint = (y, x) => [(x + y) % 2 === 0 ? 255 : 0];
  const png = await paint(64, 64, 1, checks).png().toBuffer();
  for (const value of await decoded(png, [8, 8, 1])) expect(Math.abs(value - 127.5)).toBeLessThan(8);
});

test.each([
  [
    "SVG",
    Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>',
    ),
  ],
  ["text", Buffer.from("no picture at all")],
  ["a PDF", Buffer.from("%PDF-1.4\n1 0 obj\n")],
])("%s is refused whatever it is called", async (_, bytes) => {
  await expect(decoded(bytes, [4, 4, 3])).rejects.toThrow(/unsupported image format/);
});

test("a truncated picture is refused, in every format", async () => {
  const noise: Paint = (y, x) => [(x * 97 + y * 31) % 256, (x * y) % 256, (x * 13 + y * 7) % 256];
  const picture = paint(64, 64, 3, noise);
  for (const encoded of [
    picture.clone().png(),
    picture.clone().jpeg(),
    picture.clone().webp(),
    picture.clone().gif(),
  ]) {
    const whole = await encoded.toBuffer();
    await expect(decoded(whole.subarray(0, Math.floor(whole.length / 2)), [64, 64, 3])).rejects.toThrow();
  }
});

test("images that are no pictures are converted by the same rules", async () => {
  const decode = await createDecoder({ imageShape: [1, 1, 3], fit: "cover", background: "#ffffff" });
  const clear = { kind: "pixels", bytes: Uint8Array.of(1, 2, 3, 0), imageShape: [1, 1, 4] } as const;
  expect([...(await decode(clear))]).toEqual([255, 255, 255]);
  const grey = { kind: "pixels", bytes: Uint8Array.of(9), imageShape: [1, 1, 1] } as const;
  expect([...(await decode(grey))]).toEqual([9, 9, 9]);
});
