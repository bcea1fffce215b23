// Learning rates over time, by hand: where they begin, where they end, and what happens in between.
import { expect, test } from "vitest";
import { rateFactor } from "../../../../shared/config/learning-rate.ts";
import type { LearningRateSchedule } from "../../../../shared/config/optimizer-config.ts";

test("a constant rate stays", () => {
  expect(factors({ kind: "constant", warmUpSteps: 0 }, 4)).toEqual([1, 1, 1, 1]);
});

test("a warm-up rises in a straight line to the rate, and is never 0", () => {
  expect(factors({ kind: "constant", warmUpSteps: 4 }, 6)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
});

test("a linear rate falls in a straight line, after the warm-up, to its end", () => {
  expect(factors({ kind: "linear", warmUpSteps: 0, endFactor: 0 }, 4)).toEqual([1, 0.75, 0.5, 0.25]);
  // after 2 steps of warm-up 4 are left, from 1 to 0.5
  expect(factors({ kind: "linear", warmUpSteps: 2, endFactor: 0.5 }, 6)).toEqual([
    0.5, 1, 1, 0.875, 0.75, 0.625,
  ]);
  expect(rateFactor({ kind: "linear", warmUpSteps: 0, endFactor: 0.5 }, 9, 4)).toBe(0.5); // stays there
});

test("a cosine rate falls slowly, then fast, then slowly", () => {
  // (1 + cos πp) / 2 at p = 0, 1/4, 1/2, 3/4
  const expected = [1, (2 + Math.SQRT2) / 4, 0.5, (2 - Math.SQRT2) / 4];
  const cosine = factors({ kind: "cosine", warmUpSteps: 0, endFactor: 0 }, 4);
  for (const [i, value] of expected.entries()) expect(cosine[i]).toBeCloseTo(value, 9);
  const raised = factors({ kind: "cosine", warmUpSteps: 0, endFactor: 0.2 }, 4);
  for (const [i, value] of expected.entries()) expect(raised[i]).toBeCloseTo(0.2 + 0.8 * value, 9);
  expect(rateFactor({ kind: "cosine", warmUpSteps: 0, endFactor: 0 }, 4, 4)).toBeCloseTo(0, 9);
  const long = factors({ kind: "cosine", warmUpSteps: 0, endFactor: 0 }, 1000);
  for (let i = 1; i < long.length; i++) expect(long[i]).toBeLessThan(long[i - 1]);
});

test("a stepped rate falls by its factor every so many steps", () => {
  const schedule = { kind: "step", warmUpSteps: 1, everySteps: 2, factor: 0.5 } as const;
  expect(factors(schedule, 6)).toEqual([1, 1, 1, 0.5, 0.5, 0.25]);
});

test("a warm-up as long as the run leaves the rest at the rate, not at NaN", () => {
  for (const kind of ["linear", "cosine"] as const)
    expect(rateFactor({ kind, warmUpSteps: 4, endFactor: 0 }, 4, 4)).toBe(1);
});

function factors(schedule: LearningRateSchedule, steps: number): number[] {
  return Array.from({ length: steps }, (_, step) => rateFactor(schedule, step, steps));
}
