import { expect, test } from "vitest";
import { type Edge, minCut } from "../../../../../../worker/engine/graph/prefix/min-cut.ts";

/** From 0 to 1, edges as [from, to, cost]. */
function cut(count: number, edges: readonly (readonly [number, number, number])[]): number[] {
  const given = edges.map(([from, to, cost]): Edge => ({ from, to, cost }));
  return minCut(count, given, 0, 1).flatMap((stays, place) => (stays ? [place] : []));
}

test("a chain is cut at its cheapest edge", () => {
  expect(cut(4, [[0, 2, 5], [2, 3, 2], [3, 1, 4]])).toEqual([0, 2]); // prettier-ignore
});

test("of equally cheap cuts the one that leaves the fewest with the source is taken", () => {
  expect(cut(4, [[0, 2, 2], [2, 3, 2], [3, 1, 2]])).toEqual([0]); // prettier-ignore
});

test("what must not be cut is not, whatever the rest costs", () => {
  expect(cut(4, [[0, 2, 9], [2, 3, Number.POSITIVE_INFINITY], [3, 1, 100]])).toEqual([0]); // prettier-ignore
});

test("a path that goes too far is taken back where another needs its edge", () => {
  // 0 → 2 → 5 → 1 is as short as any and takes what 0 → 3 → 5 → 1 needs, unless it goes on by 2 → 4 → 1: 3 + 4 in all.
  const edges = [[0, 2, 3], [0, 3, 4], [2, 5, 3], [2, 4, 3], [3, 5, 4], [4, 1, 9], [5, 1, 4]] as const; // prettier-ignore
  expect(cut(6, edges)).toEqual([0]);
  // With 6 from 0 to 3, what 3 and 5 let through is the bottleneck: 3 + 4 again, behind 3.
  expect(cut(6, edges.map((edge) => (edge[1] === 3 ? [0, 3, 6] : edge)))).toEqual([0, 3]); // prettier-ignore
});

test("a cost that is no number is refused: the search would never end", () => {
  expect(() => minCut(2, [{ from: 0, to: 1, cost: Number.NaN }], 0, 1)).toThrow(RangeError);
});
