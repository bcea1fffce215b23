// Shares of a step's time.
import { expect, test } from "vitest";
import { breakdownOf } from "../../../../deploy/bench/breakdown.ts";

test("computing comes first, then averaging, then the optimizer; the rest is protocol", () => {
  const spans = [
    { name: "compute", from: 10, to: 50 },
    { name: "compute", from: 12, to: 70 }, // two threads: 10 … 70 is computed, 60 ms
    { name: "averaging", from: 50, to: 55 }, // beside the second thread: free
    { name: "averaging", from: 70, to: 74 }, // 4 ms
    { name: "optimizer", from: 74, to: 90 }, // 16 ms
  ] as const;
  // Of 100 ms: 60 + 4 + 16, and 20 for what is left.
  expect(breakdownOf(spans, [0, 100])).toEqual({
    compute: 0.6,
    averaging: 0.04,
    optimizer: 0.16,
    protocol: 0.2,
  });
});

test("what lies outside the steps that count is not counted", () => {
  const spans = [
    { name: "compute", from: 0, to: 30 }, // before and into the first: 10 ms
    { name: "compute", from: 55, to: 80 }, // 5 ms
    { name: "optimizer", from: 70, to: 75 },
  ] as const;
  const { compute, optimizer, protocol } = breakdownOf(spans, [20, 40, 60]);
  expect(compute).toBeCloseTo(15 / 40, 12);
  expect(optimizer).toBe(0);
  expect(protocol).toBeCloseTo(25 / 40, 12);
});
