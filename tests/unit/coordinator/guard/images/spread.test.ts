// Distances and overlaps, on numbers small enough to check by hand.
import { expect, test } from "vitest";
import { groupsOf } from "../../../../../coordinator/guard/images/groups.ts";
import { overlapOf } from "../../../../../coordinator/guard/images/overlap.ts";
import { shiftOf, spreadOf } from "../../../../../coordinator/guard/images/spread.ts";

const rows = (...points: readonly (readonly number[])[]): Float32Array[] => points.map((point) => Float32Array.from(point)); // prettier-ignore

test("the distance is the root of the mean square over all pairs and elements", () => {
  // pairs: (0,0)-(3,4): 25/2, (0,0)-(0,0): 0, (3,4)-(0,0): 25/2; mean 25/3
  const { distance, nearest } = spreadOf(rows([0, 0], [3, 4], [0, 0]));
  expect(distance).toBeCloseTo(Math.sqrt(25 / 3), 6);
  expect(nearest[0]).toBe(0);
  expect(nearest[1]).toBeCloseTo(Math.sqrt(25 / 2), 6);
});

test("near copies count as one, in a row of them too; those far from all others stay", () => {
  const points = rows([0], [0.1], [0.2], [10], [-10]);
  const groups = groupsOf(points, spreadOf(points)); // distance 9.2: near is within 1.4
  expect(groups).toEqual({ copied: 3 / 5, different: 3 });
});

test("the shift is the mean square between two means", () => {
  expect(shiftOf(rows([0, 0], [2, 2]), rows([4, 1], [4, 1]))).toBe((9 + 0) / 2);
});

test("the area counts the pairs in the right order, ties half; the gap is in standard deviations", () => {
  expect(overlapOf([3, 1], [2, 1])).toMatchObject({ area: (1 + 1 + 0 + 0.5) / 4, isConstant: false });
  expect(overlapOf([5, 7], [1, 3])).toMatchObject({ area: 1, gap: 4 }); // means 6 and 2, deviations 1
  expect(overlapOf([1, 1], [0, 0])).toMatchObject({ area: 1, gap: Infinity });
  expect(overlapOf([2, 2], [2, 2])).toEqual({ area: 0.5, gap: 0, isConstant: true });
});
