// Running geometric means: what they are, and that neither a spike nor a zero decides them.
import { expect, test } from "vitest";
import { Trend } from "../../../../coordinator/guard/trend.ts";

test("are geometric means of all values while there are few", () => {
  const trend = of(1, 4, 16);
  expect(trend.usual).toBeCloseTo(4, 12); // ∛64
  expect(trend.recent).toBeCloseTo(4, 12);
  expect(trend.count).toBe(3);
});

test("the recent one follows a change in some twenty steps, the usual one does not", () => {
  const trend = of(...repeat(1, 300), ...repeat(5, 40));
  expect(trend.recent).toBeGreaterThan(3.5); // ln 5 · (1 - e^-2) = ln 4.0
  expect(trend.usual).toBeLessThan(1.3); // ln 5 · 40 / 320
});

test("no value counts for more than a factor of ten", () => {
  const spike = of(...repeat(1, 100), 1e30);
  expect(spike.usual).toBeCloseTo(10 ** (1 / 101), 6);
  expect(spike.recent).toBeCloseTo(10 ** (1 / 20), 6);
  expect(of(...repeat(1, 100), 0).recent).toBeCloseTo(10 ** (-1 / 20), 6);
});

test("what is always zero is smaller than any float32", () => {
  expect(of(0, 0, 0).recent).toBeLessThan(1.4e-45);
});

test("zeros before the first number do not count: a kernel behind zeros begins with the second step", () => {
  const late = of(0, 0, 3, 3);
  expect(late.recent).toBeCloseTo(3, 9);
  expect(late.count).toBe(2);
  expect(of(3, 0, 3).count).toBe(3); // later ones do
});

test("the highest is that of the recent ones, once there are twenty", () => {
  expect(of(...repeat(50, 19)).highest).toBe(0);
  expect(of(...repeat(50, 20), ...repeat(1, 200)).highest).toBeCloseTo(50, 9);
});

function of(...values: number[]): Trend {
  const trend = new Trend();
  for (const value of values) trend.add(value);
  return trend;
}

function repeat(value: number, times: number): number[] {
  return Array.from({ length: times }, () => value);
}
