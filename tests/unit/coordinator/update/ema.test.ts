// The generator's moving average: how fast it follows, and that it starts fast.
import { expect, test } from "vitest";
import { Ema, type GeneratorUpdate, decayOf, warmUpDecay } from "../../../../coordinator/update/ema.ts";

test("the average follows the generator's weights by 1 - decay, and the others at once", () => {
  const ema = new Ema({
    initial: Float32Array.of(9, 0, 8, 9),
    generator: { offset: 1, length: 2 },
    rule: { decay: 0.75 },
  });
  ema.update(Float32Array.of(1, 4, 8, 2), update(1000)); // long after the decay has warmed up
  expect([...ema.weights]).toEqual([1, 1, 8, 2]); // 0.75·0 + 0.25·4
  ema.update(Float32Array.of(3, 5, 0, 4), update(1001));
  expect([...ema.weights]).toEqual([3, 2, 6, 4]); // 0.75·1 + 0.25·5; 0.75·8
});

test("the average stays where the generator was not trained", () => {
  const ema = new Ema({
    initial: Float32Array.of(9, 8),
    generator: { offset: 1, length: 1 },
    rule: { decay: 0.75 },
  });
  ema.update(Float32Array.of(1, 4), null);
  expect([...ema.weights]).toEqual([1, 8]);
});

test("the average's decay warms up to its value", () => {
  // (1 + t) / (10 + t): 1/10, 10/19, then the cap
  expect(warmUpDecay(0.999, 0)).toBe(0.1);
  expect(warmUpDecay(0.999, 9)).toBeCloseTo(10 / 19, 12);
  expect(warmUpDecay(0.999, 100_000)).toBe(0.999);
});

test("a half-life of h images leaves 2^(-B/h) in an update of B, with no warm-up", () => {
  const rule = { decay: 0.999, halfLife: 1000 };
  expect(decayOf(rule, { ...update(1), images: 0, batch: 1000 })).toBe(0.5);
  expect(decayOf(rule, { ...update(1), images: 0, batch: 500 })).toBeCloseTo(Math.SQRT1_2, 12);
  // whatever the batch: after 1000 images half is left
  for (const batch of [1, 8, 125]) {
    const left = decayOf(rule, { ...update(7), images: 0, batch }) ** (1000 / batch);
    expect(left).toBeCloseTo(0.5, 10);
  }
});

test("a ramp-up keeps the half-life below its part of the generator's images: the first weights are forgotten", () => {
  const rule = { decay: 0.999, halfLife: 1000, rampUp: 0.05 };
  const after = (images: number): number => decayOf(rule, { ...update(1), images, batch: 10 });
  expect(after(0)).toBe(0);
  expect(after(200)).toBe(0.5); // h = 10
  expect(after(4000)).toBeCloseTo(0.5 ** (10 / 200), 12);
  expect(after(20_000)).toBe(after(1e9)); // 0.05 · 20,000 = 1000
});

test("a half-life that is a ramp has the value of the images that training has used", () => {
  const halfLife = { kind: "linear", from: 10, to: 30, startImages: 0 } as const;
  const at = { images: 500, runImages: 1000 };
  expect(decayOf({ decay: 0.9, halfLife }, { ...update(1), batch: 20, at })).toBe(0.5);
});

function update(updates: number): GeneratorUpdate {
  return { updates, images: 0, batch: 1, at: { images: 0, runImages: 0 } };
}
