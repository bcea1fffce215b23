// Distances and overlaps, on numbers small enough to check by hand.
import { expect, test } from "vitest";
import { groupsOf } from "../../../../../coordinator/guard/images/groups.ts";
import { overlapOf } from "../../../../../coordinator/guard/images/overlap.ts";
import { Spreads, shiftOf } from "../../../../../coordinator/guard/images/spread.ts";

const spreads = new Spreads();
const rows = (...points: readonly (readonly number[])[]): Float32Array[] => points.map((point) => Float32Array.from(point)); // prettier-ignore

test("the distance is the root of the mean square over all pairs and elements", () => {
  // pairs: (0,0)-(3,4): 25/2, (0,0)-(0,0): 0, (3,4)-(0,0): 25/2; mean 25/3
  const { distance, nearest, squared } = spreads.of(rows([0, 0], [3, 4], [0, 0]));
  expect(distance).toBeCloseTo(Math.sqrt(25 / 3), 6);
  expect(nearest[0]).toBe(0);
  expect(nearest[1]).toBeCloseTo(Math.sqrt(25 / 2), 6);
  expect([...squared]).toEqual([25 / 2, 0, 25 / 2]);
});

test.each([
  [2, 1],
  [5, 3],
  [49, 4],
  [100, 7],
  [3, 2048],
  [50, 4099],
])(
  "of %i rows of %i numbers the distances are those of a plain loop, and of equal rows exactly 0",
  (count, length) => {
    const points = Array.from({ length: count }, (_, row) =>
      Float32Array.from({ length }, (__, i) => Math.sin((row + 1) * (i + 1.5))),
    );
    points[count - 1] = points[0].slice();
    const { distance, nearest, squared } = spreads.of(points);
    const plain = points.flatMap((a, i) =>
      points.slice(i + 1).map((b) => a.reduce((sum, value, k) => sum + (value - b[k]) ** 2, 0) / length),
    );
    expect(squared).toHaveLength(plain.length);
    expect(plain.every((own, pair) => Math.abs(own - squared[pair]) < 1e-12)).toBe(true);
    expect(distance).toBeCloseTo(Math.sqrt(plain.reduce((a, b) => a + b) / plain.length), 12);
    expect([nearest[0], nearest[count - 1], squared[count - 2]]).toEqual([0, 0, 0]);
  },
);

test("near copies count as one, in a row of them too; those far from all others stay", () => {
  const points = rows([0], [0.1], [0.2], [10], [-10]);
  const groups = groupsOf(spreads.of(points)); // distance 9.2: near is within 1.4
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
