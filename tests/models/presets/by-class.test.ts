// A short training by class: pictures follow the class, and within a class the noise.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli, temporaryFolder, trainJson } from "../../support/cli.ts";

/** 8 seconds of one thread each, and half a minute where other tests run beside. */
const SOON = { timeout: 120_000 };
const [CLASSES, ROWS, PIXELS] = [10, 10, 28 * 28];
const SIZE = ["--filters", "16", "--batch", "64", "--shard", "32", "--steps", "250", "--learning-rate", "5e-4"]; // prettier-ignore
/** Root mean squared difference a pixel, of 2 from black to white. Seen: above 0.3; by noise with concatenation, 0.10. */
const DIFFERENT = 0.2;

test.each([
  ["projection", ["--preset", "dcgan", "--conditional", "--r1", "1"]],
  ["an auxiliary classifier", ["--preset", "acgan"]],
])("dcgan's pictures differ by class and by noise with %s", SOON, async (_name, flags) => {
  const folder = await temporaryFolder();
  const { run } = await trainJson([
    ...flags,
    "--data",
    "strokes",
    ...SIZE,
    "--workers",
    "1",
    "--out",
    folder,
  ]);
  const file = join(folder, "images.npy");
  const { code, stderr } = await runCli(["generate", String(run), "--count", String(CLASSES * ROWS), "--out", file]); // prettier-ignore
  expect([code, stderr]).toEqual([0, ""]);
  const images = (await readFile(file)).subarray(-CLASSES * ROWS * PIXELS); // one noise vector a row, one class a column
  const at = (row: number, column: number): Buffer =>
    images.subarray((row * CLASSES + column) * PIXELS, (row * CLASSES + column + 1) * PIXELS);
  const places = Array.from({ length: ROWS - 1 }, (_, i) => i);
  const byNoise = places.flatMap((row) => places.map((column) => distance(at(row, column), at(row + 1, column)))); // prettier-ignore
  const byClass = places.flatMap((row) => places.map((column) => distance(at(row, column), at(row, column + 1)))); // prettier-ignore
  expect(mean(byNoise)).toBeGreaterThan(DIFFERENT);
  expect(mean(byClass)).toBeGreaterThan(DIFFERENT);
});

function distance(a: Buffer, b: Buffer): number {
  return Math.sqrt(mean(Array.from(a, (pixel, i) => ((pixel - b[i]) / 127.5) ** 2)));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number) / numbers.length;
}
