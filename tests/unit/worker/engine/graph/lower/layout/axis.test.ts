// Axes of convolutions: phases instead of strides, and tiles.
import { describe, expect, test } from "vitest";
import {
  type Axis,
  stridePhases,
  tilingOf,
} from "../../../../../../../worker/engine/graph/lower/layout/axis.ts";

const axis = (inSize: number, outSize: number, stride: number, taps: number, pad: number): Axis => ({
  inSize,
  outSize,
  stride,
  taps,
  pad,
});

/** Numbers x and w by their places: what each output adds up, as "place·tap". */
function meetings({ inSize, outSize, stride, taps, pad }: Axis): string[] {
  return Array.from({ length: outSize }, (_, o) =>
    Array.from({ length: taps }, (__, k) => [stride * o + k - pad, k])
      .filter(([place]) => place >= 0 && place < inSize)
      .map(([place, k]) => `${place}·${k}`)
      .sort()
      .join(" "),
  );
}

/** The same, from the phases. */
function meetingsOfPhases(given: Axis): string[] {
  const { stride, before, size, taps, pad, shift } = stridePhases(given);
  return Array.from({ length: given.outSize }, (_, o) => {
    const found: string[] = [];
    for (let r = 0; r < stride; r++) {
      for (let a = 0; a < taps; a++) {
        const [i, k] = [o + a - pad, stride * a + r - shift];
        const place = stride * i + r - before;
        const isTap = k >= 0 && k < given.taps;
        if (isTap && i >= 0 && i < size && place >= 0 && place < given.inSize) found.push(`${place}·${k}`);
      }
    }
    return found.sort().join(" ");
  });
}

describe("the phases meet the same taps as the strided filter", () => {
  test.each([
    axis(7, 7, 1, 5, 2),
    axis(28, 14, 2, 5, 1),
    axis(28, 14, 2, 5, 2),
    axis(14, 7, 2, 4, 1),
    axis(9, 3, 3, 3, 0),
    axis(11, 4, 3, 5, 1),
    axis(8, 4, 2, 1, 0),
  ])("%o", (given) => {
    expect(meetingsOfPhases(given)).toEqual(meetings(given));
  });
});

test("padding that does not divide by the stride costs a zero tap where that is free, and else zeros around the image", () => {
  expect(stridePhases(axis(28, 14, 2, 5, 1))).toMatchObject({ taps: 3, shift: 1, before: 0, after: 0 });
  expect(stridePhases(axis(28, 14, 2, 4, 1))).toMatchObject({ taps: 2, shift: 0, before: 1, after: 1 });
});

test("tiles are those with the fewest products", () => {
  expect(tilingOf(14, 3)).toEqual({ outputs: 5, tiles: 3, points: 7 }); // 21 products, of 42
  expect(tilingOf(7, 5)).toEqual({ outputs: 4, tiles: 2, points: 8 }); // 16, of 35
  expect(tilingOf(9, 1)).toEqual({ outputs: 1, tiles: 9, points: 1 }); // nothing to save: the fewest points
});
