// The generator's moving average: how fast it follows, and that it starts fast.
import { expect, test } from "vitest";
import { updateAverage, warmUpDecay } from "../../../coordinator/average.ts";

test("the average follows the weights by 1 - decay", () => {
  const ema = Float32Array.of(0, 8);
  updateAverage(ema, Float32Array.of(4, 8), 0.75);
  expect([...ema]).toEqual([1, 8]); // 0.75·0 + 0.25·4
  updateAverage(ema, Float32Array.of(5, 0), 0.75);
  expect([...ema]).toEqual([2, 6]); // 0.75·1 + 0.25·5; 0.75·8
  expect(() => updateAverage(ema, new Float32Array(1), 0.5)).toThrow(RangeError);
});

test("the average's decay warms up to its value", () => {
  // (1 + t) / (10 + t): 1/10, 10/19, then the cap
  expect(warmUpDecay(0.999, 0)).toBe(0.1);
  expect(warmUpDecay(0.999, 9)).toBeCloseTo(10 / 19, 12);
  expect(warmUpDecay(0.999, 100_000)).toBe(0.999);
});
