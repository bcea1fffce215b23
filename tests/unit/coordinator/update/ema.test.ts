// The generator's moving average: how fast it follows, and that it starts fast.
import { expect, test } from "vitest";
import { averagingLoop, warmUpDecay } from "../../../../coordinator/update/ema.ts";

test("the average follows the weights by 1 - decay", () => {
  const average = Float32Array.of(0, 8, 3);
  const follow = (...weights: number[]): void =>
    averagingLoop({ kind: "average", average, weights: Float32Array.from(weights), decay: 0.75 }, 0, 2);
  follow(4, 8, 9);
  expect([...average]).toEqual([1, 8, 3]); // 0.75·0 + 0.25·4; the third is not of this tile
  follow(5, 0, 9);
  expect([...average]).toEqual([2, 6, 3]); // 0.75·1 + 0.25·5; 0.75·8
});

test("the average's decay warms up to its value", () => {
  // (1 + t) / (10 + t): 1/10, 10/19, then the cap
  expect(warmUpDecay(0.999, 0)).toBe(0.1);
  expect(warmUpDecay(0.999, 9)).toBeCloseTo(10 / 19, 12);
  expect(warmUpDecay(0.999, 100_000)).toBe(0.999);
});
