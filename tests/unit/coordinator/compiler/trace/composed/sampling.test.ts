// The matrices by which images are resized, by hand.
import { describe, expect, test } from "vitest";
import {
  type Sampling,
  samplingMatrix,
} from "../../../../../../coordinator/compiler/trace/composed/sampling.ts";

const plain = { alignCorners: false, halfPixelCenters: false } as const;

/** One row of weights for each pixel of the result. */
function rowsOf(sampling: Sampling): number[][] {
  const matrix = [...samplingMatrix(sampling)];
  return Array.from({ length: sampling.to }, (_, i) =>
    matrix.slice(i * sampling.from, (i + 1) * sampling.from),
  );
}

describe("resizing two pixels to four", () => {
  test("takes places at 0, 1/2, 1 and, past the last pixel, that one", () => {
    expect(rowsOf({ kind: "bilinear", from: 2, to: 4, ...plain })).toEqual([
      [1, 0],
      [0.5, 0.5],
      [0, 1],
      [0, 1],
    ]);
  });

  test("takes places at -1/4, 1/4, 3/4 and 5/4 from pixel centers", () => {
    expect(rowsOf({ kind: "bilinear", from: 2, to: 4, ...plain, halfPixelCenters: true })).toEqual([
      [1, 0],
      [0.75, 0.25],
      [0.25, 0.75],
      [0, 1],
    ]);
  });

  test("repeats each pixel where the nearest is taken", () => {
    expect(rowsOf({ kind: "nearest", from: 2, to: 4, ...plain })).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
  });
});

test("aligned corners keep the first and the last pixel", () => {
  expect(rowsOf({ kind: "bilinear", from: 3, to: 5, ...plain, alignCorners: true })).toEqual([
    [1, 0, 0],
    [0.5, 0.5, 0],
    [0, 1, 0],
    [0, 0.5, 0.5],
    [0, 0, 1],
  ]);
});

test("one pixel is taken from the first, whatever is aligned", () => {
  expect(rowsOf({ kind: "bilinear", from: 3, to: 1, ...plain, alignCorners: true })).toEqual([[1, 0, 0]]);
});
