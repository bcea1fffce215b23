// The kernel distance against its expectation, which is a polynomial in the moments, and by hand.
import { describe, expect, test } from "vitest";
import type { Features } from "../../../../coordinator/metrics/features.ts";
import { kernelDistance } from "../../../../coordinator/metrics/kernel-distance.ts";
import { featuresOf, meanAndError, normalFeatures } from "../../../support/normal-features.ts";

test("two sets of two images, by hand", async () => {
  // d = 1: k(x, y) = (xy + 1)³. Real 0, 1: k = 1. Generated 1, 2: k = 27. Across: 1, 1, 8, 27.
  const found = await kernelDistance(featuresOf([[0], [1]]), featuresOf([[1], [2]]), { seed: 1 });
  expect(found).toEqual({ mean: 1 + 27 - (2 * (1 + 1 + 8 + 27)) / 4, std: null, subsets: 1, subsetSize: 2 });
});

test("sets of 10 sizes agree with a loop over all pairs", async () => {
  for (let seed = 0; seed < 10; seed++) {
    const size = 1 + 3 * seed;
    const count = 2 + 13 * seed;
    const x = normalFeatures({ seed, count, size, mean: 0.2 });
    const y = normalFeatures({ seed: seed + 20, count, size, deviation: 2 });
    const kernel = (a: Features, i: number, b: Features, j: number): number => {
      let product = 0;
      for (let k = 0; k < size; k++) product += a.values[i * size + k] * b.values[j * size + k];
      return (product / size + 1) ** 3;
    };
    let value = 0;
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++) {
        if (i !== j) value += (kernel(x, i, x, j) + kernel(y, i, y, j)) / (count * (count - 1));
        value -= (2 * kernel(x, i, y, j)) / count ** 2;
      }
    const { mean } = await kernelDistance(x, y, { seed });
    // Sums of up to 14,000 kernels of up to some hundreds.
    expect(Math.abs(mean - value)).toBeLessThan(1e-11);
  }
});

/**
 * N(0, I) against N(m, I), with m = 0.5 in every feature. With E(s + 1)³ = (E + 1)³ + 3 (E + 1) Var + third central moment
 * of s = x·y / d:
 *
 *   within N(0, I): 1 + 3 / d
 *   within N(m, I): (1 + m²)³ + 3 (1 + m²)(1 + 2 m²) / d + 6 m² / d²
 *   across:         1 + 3 (1 + m²) / d
 */
function expected(d: number): number {
  const m2 = 0.25;
  const within = (1 + m2) ** 3 + (3 * (1 + m2) * (1 + 2 * m2)) / d + (6 * m2) / d ** 2;
  return 1 + 3 / d + within - 2 * (1 + (3 * (1 + m2)) / d);
}

test.each([
  [16, 1.0293],
  [64, 0.97107],
])("a shift of 0.5 in each of %i features is %f on average", async (size, known) => {
  expect(expected(size)).toBeCloseTo(known, size === 16 ? 4 : 5);
  const values = [];
  for (let seed = 0; seed < 30; seed++) {
    const real = normalFeatures({ seed: 2 * seed, count: 300, size });
    const generated = normalFeatures({ seed: 2 * seed + 1, count: 300, size, mean: 0.5 });
    values.push((await kernelDistance(real, generated, { seed })).mean);
  }
  const { mean, error } = meanAndError(values);
  // Unbiased: 4 standard errors of 30 independent draws.
  expect(error).toBeLessThan(0.02);
  expect(Math.abs(mean - known)).toBeLessThan(4 * error);
});

describe("of equal distributions", () => {
  test("it is 0 on average, and often negative", async () => {
    const values = [];
    for (let seed = 0; seed < 60; seed++) {
      const real = normalFeatures({ seed: 2 * seed, count: 60, size: 8 });
      const generated = normalFeatures({ seed: 2 * seed + 1, count: 60, size: 8 });
      values.push((await kernelDistance(real, generated, { seed })).mean);
    }
    const { mean, error } = meanAndError(values);
    expect(Math.abs(mean)).toBeLessThan(4 * error); // unbiased
    expect(values.filter((value) => value < 0).length).toBeGreaterThan(10);
  });
});

test("subsets are 100 of 1000, drawn by the seed, and never more than a set has", async () => {
  const real = normalFeatures({ seed: 1, count: 1500, size: 2 });
  const generated = normalFeatures({ seed: 2, count: 1200, size: 2 });
  const two = { seed: 3, subsets: 2 };
  const found = await kernelDistance(real, generated, two);
  expect(found).toMatchObject({ subsets: 2, subsetSize: 1000 });
  const few = await kernelDistance(real, normalFeatures({ seed: 2, count: 40, size: 2 }), { seed: 3 });
  expect(few).toMatchObject({ subsets: 100, subsetSize: 40 });
  expect(few.std).toBeGreaterThan(0);
  expect(await kernelDistance(real, generated, two)).toEqual(found);
  expect((await kernelDistance(real, generated, { ...two, seed: 4 })).mean).not.toBe(found.mean);
});

test("identical images on both sides are 0 apart", async () => {
  const same: Features = featuresOf(Array.from({ length: 30 }, () => [1, -2, 0.5]));
  // Equal terms that cancel: a few roundings of k, about (5.25/3 + 1)³ = 21.
  expect(Math.abs((await kernelDistance(same, same, { seed: 1 })).mean)).toBeLessThan(1e-12);
});

test("one image is refused", async () => {
  await expect(kernelDistance(featuresOf([[1]]), featuresOf([[1], [2]]), { seed: 1 })).rejects.toThrow(
    /over 1 images: give at least 2/,
  );
});
