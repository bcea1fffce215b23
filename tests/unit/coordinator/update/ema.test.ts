// The generator's moving average: how fast it follows, and that it starts fast.
import { expect, test } from "vitest";
import { Ema, warmUpDecay } from "../../../../coordinator/update/ema.ts";

test("the average follows the generator's weights by 1 - decay, and the others at once", () => {
  const ema = new Ema({
    initial: Float32Array.of(9, 0, 8, 9),
    generator: { offset: 1, length: 2 },
    decay: 0.75,
  });
  ema.update(Float32Array.of(1, 4, 8, 2), 1000); // long after the decay has warmed up
  expect([...ema.weights]).toEqual([1, 1, 8, 2]); // 0.75·0 + 0.25·4
  ema.update(Float32Array.of(3, 5, 0, 4), 1001);
  expect([...ema.weights]).toEqual([3, 2, 6, 4]); // 0.75·1 + 0.25·5; 0.75·8
});

test("the average stays where the generator was not trained", () => {
  const ema = new Ema({ initial: Float32Array.of(9, 8), generator: { offset: 1, length: 1 }, decay: 0.75 });
  ema.update(Float32Array.of(1, 4), null);
  expect([...ema.weights]).toEqual([1, 8]);
});

test("the average's decay warms up to its value", () => {
  // (1 + t) / (10 + t): 1/10, 10/19, then the cap
  expect(warmUpDecay(0.999, 0)).toBe(0.1);
  expect(warmUpDecay(0.999, 9)).toBeCloseTo(10 / 19, 12);
  expect(warmUpDecay(0.999, 100_000)).toBe(0.999);
});
