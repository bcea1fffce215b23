// Short convolutions with few products: exact in double, whatever the number of points.
import { describe, expect, test } from "vitest";
import {
  MOST_POINTS,
  type Matrix,
  toomCook,
} from "../../../../../../../../worker/engine/graph/lower/convolution/tiled/toom-cook.ts";

const times = (matrix: Matrix, vector: readonly number[]): number[] =>
  matrix.map((row) => row.reduce((sum, value, i) => sum + value * vector[i], 0));

/** Every split of n points into m outputs and r taps. */
const splits = Array.from({ length: MOST_POINTS }, (_, i) => i + 1).flatMap((n) =>
  Array.from({ length: n }, (_, i) => [i + 1, n - i] as const),
);

describe("n products give m outputs of a correlation with r taps", () => {
  test.each(splits)("%i outputs, %i taps", (outputs, taps) => {
    const { input, taps: evaluate, output } = toomCook(outputs, taps);
    const x = Array.from({ length: outputs + taps - 1 }, (_, i) => Math.sin(3 * i + 1));
    const w = Array.from({ length: taps }, (_, i) => Math.cos(5 * i + 2));
    const atPoints = times(evaluate, w);
    const products = times(input, x).map((value, u) => value * atPoints[u]);
    expect(products).toHaveLength(outputs + taps - 1);
    times(output, products).forEach((y, i) => {
      const expected = w.reduce((sum, tap, a) => sum + tap * x[i + a], 0);
      expect(y).toBeCloseTo(expected, 12); // double has 16 digits, the inverse loses two
    });
  });
});

test("the matrix for the input depends on the number of points alone, so that one tile serves both gradients", () => {
  expect(toomCook(4, 3).input).toEqual(toomCook(3, 4).input);
});
