// Sample sheets: the right pixels in the right place, the same bytes every time.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { encodeImageGrid, writeImageGrid } from "../../../../coordinator/records/sample-grid.ts";

const pixelsOf = async (png: Buffer, channels: 1 | 3 | 4): Promise<{ rows: number[][]; width: number }> => {
  const image = sharp(png);
  const { data, info } = await (channels === 1 ? image.toColourspace("b-w") : image)
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(channels);
  const stride = info.width * channels;
  const rows = Array.from({ length: info.height }, (_, y) => [
    ...data.subarray(y * stride, (y + 1) * stride),
  ]);
  return { rows, width: info.width };
};

test("places tiles in rows with a gap of two pixels, and clips to -1 … 1", async () => {
  // Three images of 1 × 2: two columns, so two rows, the last place empty. -1 → 0, 0 → 127.5 → 128, 1 → 255.
  const images = Float32Array.of(-1, 0, 1, 7, -Infinity, 0.5);
  const { rows } = await pixelsOf(await encodeImageGrid({ images, imageShape: [1, 2, 1], scale: 1 }), 1);
  expect(rows).toEqual([
    [0, 128, 64, 64, 255, 255],
    [64, 64, 64, 64, 64, 64],
    [64, 64, 64, 64, 64, 64],
    [0, 191, 64, 64, 64, 64],
  ]);
});

test("enlarges by repeating pixels, in colour", async () => {
  const images = Float32Array.of(1, -1, -1, -1, -1, 1); // a red and a blue pixel
  const grid = { images, imageShape: [1, 2, 3] as const, scale: 2 };
  const { rows } = await pixelsOf(await encodeImageGrid(grid), 3);
  const row = [255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255];
  expect(rows).toEqual([row, row]);
});

test("shows four channels as colour with opacity, between opaque gaps", async () => {
  // A transparent red pixel and a half opaque green one: 0 → 127.5 → 128.
  const images = Float32Array.of(1, -1, -1, -1, -1, 1, -1, 0);
  const { rows } = await pixelsOf(await encodeImageGrid({ images, imageShape: [1, 1, 4], scale: 1 }), 4);
  const gap = [64, 64, 64, 255];
  expect(rows).toEqual([[255, 0, 0, 0, ...gap, ...gap, 0, 255, 0, 128]]);
});

test("shows channels that are no colours side by side, as grey pictures", async () => {
  // One image of 2 × 2 with 2 channels: the first all black, the second 0, 1 over -1, 1.
  const images = Float32Array.of(-1, 0, -1, 1, -1, -1, -1, 1);
  const { rows } = await pixelsOf(await encodeImageGrid({ images, imageShape: [2, 2, 2], scale: 1 }), 1);
  expect(rows).toEqual([
    [0, 0, 128, 255],
    [0, 0, 0, 255],
  ]);
});

test("shows 28 × 28 images threefold in nearly square sheets, unless told otherwise", async () => {
  const images = new Float32Array(10 * 28 * 28);
  // ⌈√10⌉ = 4 columns, 3 rows: 4 · 84 + 3 · 2 = 342 wide, 3 · 84 + 2 · 2 = 256 high.
  const square = await sharp(await encodeImageGrid({ images, imageShape: [28, 28, 1] })).metadata();
  expect([square.width, square.height]).toEqual([342, 256]);
  // 10 columns at scale 1: 10 · 28 + 9 · 2 = 298.
  const line = await encodeImageGrid({ images, imageShape: [28, 28, 1], columns: 10, scale: 1 });
  const { width, height } = await sharp(line).metadata();
  expect([width, height]).toEqual([298, 28]);
});

test("refuses NaN, and arrays, shapes and numbers that make no grid", async () => {
  const images = Float32Array.of(0, 0, 0, Number.NaN);
  await expect(encodeImageGrid({ images, imageShape: [1, 2, 1] })).rejects.toMatchObject({
    code: "DIVERGED",
    message: expect.stringMatching(/image 1 of the grid has a NaN/),
  });
  const four = new Float32Array(4);
  await expect(encodeImageGrid({ images: four, imageShape: [1, 3, 1] })).rejects.toThrow(
    /4 numbers are no whole/,
  );
  await expect(encodeImageGrid({ images: four, imageShape: [2, 2, 0] })).rejects.toThrow(/channels 0/);
  await expect(encodeImageGrid({ images: four, imageShape: [2, 2, 1], scale: 0 })).rejects.toThrow(/scale 0/);
  const empty = new Float32Array();
  await expect(encodeImageGrid({ images: empty, imageShape: [2, 2, 1] })).rejects.toThrow(RangeError);
});

test("writes the same bytes for the same images, and nothing beside the file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ganglion-grid-"));
  const grid = {
    images: Float32Array.from({ length: 64 }, (_, i) => i / 32 - 1),
    imageShape: [4, 4, 1] as const,
  };
  const [first, second] = [join(folder, "a.png"), join(folder, "b.png")];
  await writeImageGrid({ ...grid, file: first });
  await writeImageGrid({ ...grid, file: second });
  await writeImageGrid({ ...grid, file: first });
  expect(await readdir(folder)).toEqual(["a.png", "b.png"]);
  expect(await readFile(first)).toEqual(await readFile(second));
  const lost = writeImageGrid({ ...grid, file: join(folder, "missing", "c.png") });
  await expect(lost).rejects.toMatchObject({ code: "RUN_FOLDER" });
  const inFile = writeImageGrid({ ...grid, file: join(first, "c.png") }); // nor can what is unfinished be removed there
  await expect(inFile).rejects.toMatchObject({ code: "RUN_FOLDER" });
  await rm(folder, { recursive: true });
});
