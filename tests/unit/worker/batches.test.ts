// What threads compute on, from the data set.
import { expect, test } from "vitest";
import { classByLabel } from "../../../shared/data/labels.ts";
import { fillLabels, openSamples } from "../../../worker/batches.ts";
import { randomDataset } from "../../support/small-run.ts";
import { pixelsOf } from "../../support/load-source.ts";

/** Rows of `labels` where training knows the labels `known`. */
function rows(labels: readonly number[], known: readonly number[]): number[][] {
  const target = new Float32Array(labels.length * known.length + 1).fill(5);
  fillLabels(
    target,
    { count: labels.length, labels: Uint8Array.from(labels) },
    classByLabel(known),
    (i) => i,
    labels.length,
  );
  expect(target.at(-1)).toBe(5); // nothing behind the rows
  return labels.map((_, i) => [...target.subarray(i * known.length, (i + 1) * known.length)]);
}

test("labels become one-hot rows over the labels that training knows", () => {
  expect(rows([4, 0], [0, 2, 4])).toEqual([
    [0, 0, 1],
    [1, 0, 0],
  ]);
});

test("a label that training does not know becomes a row of zeros, and touches no other row", () => {
  expect(rows([2, 1, 9], [0, 1])).toEqual([
    [0, 0],
    [0, 1],
    [0, 0],
  ]);
});

test("samples behind the images are their mirror images, pixel by pixel and with their labels", async () => {
  const dataset = await randomDataset(2, [2, 3, 2]); // rows of three pixels with two channels
  const target = new Float32Array(3 * 12);
  const ids = [1, 3, 2]; // image 1, image 1 mirrored, image 0 mirrored
  openSamples(dataset).fill(target, (i) => ids[i], 3);
  const byte = (value: number): number => Math.round((value + 1) * 127.5);
  const pixels = pixelsOf(dataset);
  const mirrored = [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7]; // where each value of a row comes from
  expect([...target.subarray(0, 12)].map(byte)).toEqual([...pixels.subarray(12)]);
  expect([...target.subarray(12, 24)].map(byte)).toEqual(mirrored.map((at) => pixels[12 + at]));
  expect([...target.subarray(24)].map(byte)).toEqual(mirrored.map((at) => pixels[at]));

  const labels = new Float32Array(2 * 2);
  fillLabels(labels, { count: 2, labels: Uint8Array.of(0, 1) }, classByLabel([0, 1]), (i) => [1, 3][i], 2);
  expect([...labels]).toEqual([0, 1, 0, 1]);
});
