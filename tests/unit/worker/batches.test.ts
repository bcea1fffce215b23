// What threads compute on, from the data set.
import { expect, test } from "vitest";
import { classByLabel } from "../../../shared/data/labels.ts";
import { fillLabels } from "../../../worker/batches.ts";

/** Rows of `labels` where training knows the labels `known`. */
function rows(labels: readonly number[], known: readonly number[]): number[][] {
  const target = new Float32Array(labels.length * known.length + 1).fill(5);
  fillLabels(target, { labels: Uint8Array.from(labels) }, classByLabel(known), (i) => i, labels.length);
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
