// Axes of convolutions: phases instead of strides, and tiles.
import { describe, expect, test } from "vitest";
import {
  type Axis,
  axisMatrices,
  tilingsOf,
} from "../../../../../../../../worker/engine/graph/lower/convolution/tiled/axis.ts";

const axis = (inSize: number, outSize: number, stride: number, taps: number, pad: number): Axis => ({
  inSize,
  outSize,
  stride,
  taps,
  pad,
});

const AXES = [
  axis(7, 7, 1, 5, 2),
  axis(28, 14, 2, 5, 1),
  axis(28, 14, 2, 5, 2),
  axis(14, 7, 2, 4, 1),
  axis(9, 3, 3, 3, 0),
  axis(11, 4, 3, 5, 1),
  axis(8, 4, 2, 1, 0),
  axis(9, 3, 4, 3, 1), // of the four phases, one has no tap
];

describe("the matrices give what the strided filter gives, whatever the tiles", () => {
  test.each(AXES)("%o", (given) => {
    const x = Array.from({ length: given.inSize }, (_, i) => ((i * 7) % 5) - 2);
    const w = Array.from({ length: given.taps }, (_, k) => ((k * 3) % 4) - 1);
    const y = Array.from({ length: given.outSize }, (_, o) =>
      w.reduce((sum, tap, k) => sum + tap * (x[given.stride * o + k - given.pad] ?? 0), 0),
    );
    const tilings = tilingsOf(given);
    expect(tilings).not.toEqual([]);
    for (const tiling of tilings) {
      const { image, filter, result } = axisMatrices(given, tiling);
      const weights = multiply(filter, w);
      const products = multiply(image, x).map(
        (value, row) => value * weights[Math.floor(row / tiling.tiles)],
      );
      const computed = multiply(result, products);
      computed.forEach((value, o) => expect(value).toBeCloseTo(y[o], 9)); // in float64
    }
  });
});

test("larger tiles are a choice as long as they save products", () => {
  // Three taps on 14 outputs: 14·3 products one by one, 5·3 tiles' worth of 21 at most.
  expect(
    tilingsOf(axis(14, 14, 1, 3, 1)).map(({ outputs, tiles, points }) => [outputs, tiles, points]),
  ).toEqual([
    [1, 14, 3], // 42
    [2, 7, 4], // 28
    [3, 5, 5], // 25
    [4, 4, 6], // 24
    [5, 3, 7], // 21
  ]);
  const single = { outputs: 1, tiles: 9, points: 1, phases: 1 };
  expect(tilingsOf(axis(9, 9, 1, 1, 0))).toEqual([single]); // nothing to save
  expect(tilingsOf(axis(16, 16, 1, 9, 4))).toEqual([]); // more taps than points
});

test("phases with fewer taps than others have fewer points", () => {
  // Five taps of stride 2: three and two, for five outputs seven points and six.
  expect(tilingsOf(axis(28, 14, 2, 5, 2)).at(-1)).toEqual({ outputs: 5, tiles: 3, points: 13, phases: 1 });
  expect(tilingsOf(axis(28, 14, 2, 4, 1)).at(-1)).toEqual({ outputs: 7, tiles: 2, points: 8, phases: 2 });
});

function multiply(matrix: readonly (readonly number[])[], vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, value, i) => sum + value * vector[i], 0));
}
