// The Fréchet distance against values that are known, and for sets that break others' implementations.
import { describe, expect, test } from "vitest";
import { frechetDistance } from "../../../../coordinator/metrics/frechet-distance.ts";
import { type Moments, momentsOf } from "../../../../coordinator/metrics/moments.ts";
import { takeRows } from "../../../../coordinator/metrics/features.ts";
import { featuresOf, normalFeatures } from "../../../support/normal-features.ts";

/** Moments with this mean of every feature and a diagonal covariance. */
function diagonal(size: number, mean: number, variance: (i: number) => number): Moments {
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < size; i++) covariance[i * size + i] = variance(i);
  return { count: 50_000, size, mean: new Float64Array(size).fill(mean), covariance };
}

test("means 1 apart in each of 2048 features are 2048 apart", async () => {
  // |μ₁ - μ₂|² = 2048, and tr(I + I - 2 I) = 0. All exact in float64: the factor of I is I.
  expect(await frechetDistance(diagonal(2048, 0, () => 1), diagonal(2048, 1, () => 1))).toBe(2048); // prettier-ignore
}, 60_000);

test.each([1, 2, 64, 300])("I and 4 I in %i dimensions are that far apart", async (d) => {
  // tr(I + 4 I - 2 · 2 I) = d, exact: powers of two.
  expect(await frechetDistance(diagonal(d, 0, () => 1), diagonal(d, 0, () => 4))).toBe(d); // prettier-ignore
});

test("covariances that commute give Σ (√a - √b)²", async () => {
  const a = diagonal(50, 0, (i) => i + 1);
  const b = diagonal(50, 0, (i) => (i * 7) % 50);
  let expected = 0;
  for (let i = 0; i < 50; i++) expected += (Math.sqrt(i + 1) - Math.sqrt((i * 7) % 50)) ** 2;
  // 50 roots of eigenvalues up to 2500, each within some 2^-52 of the largest: √(4e-16 · 2500) where one is near 0.
  expect(Math.abs((await frechetDistance(a, b)) - expected)).toBeLessThan(1e-9);
});

test("two full covariances of 2 × 2 agree with the closed form of their root", async () => {
  // tr √(Σ₁Σ₂) of 2 × 2 is √( tr(Σ₁Σ₂) + 2 √det(Σ₁Σ₂) ).
  const a = { count: 9, size: 2, mean: Float64Array.of(0, 1), covariance: Float64Array.of(2, 1, 1, 3) };
  const b = { count: 9, size: 2, mean: Float64Array.of(2, 0), covariance: Float64Array.of(5, -2, -2, 1) };
  // Σ₁Σ₂ = [8 -3; -1 1]: trace 9, determinant 5 · 1.
  const expected = 5 + 5 + 6 - 2 * Math.sqrt(9 + 2 * Math.sqrt(5));
  expect(await frechetDistance(a, b)).toBeCloseTo(expected, 12);
});

describe("finite, never below 0:", () => {
  test("identical images on one side, or on both", async () => {
    const same = await momentsOf(featuresOf(Array.from({ length: 20 }, () => [1, 2, 3])));
    const others = await momentsOf(normalFeatures({ seed: 1, count: 50, size: 3 }));
    expect(await frechetDistance(same, same)).toBe(0);
    const trace = others.covariance[0] + others.covariance[4] + others.covariance[8];
    const means = others.mean.reduce((sum, mean, i) => sum + (mean - i - 1) ** 2, 0);
    expect(await frechetDistance(same, others)).toBeCloseTo(means + trace, 12);
    expect(await frechetDistance(others, same)).toBeCloseTo(means + trace, 12);
  });

  test("fewer images than features", async () => {
    const few = await momentsOf(normalFeatures({ seed: 1, count: 10, size: 100 }));
    const many = await momentsOf(normalFeatures({ seed: 2, count: 1000, size: 100 }));
    expect(await frechetDistance(few, many)).toBeGreaterThan(10);
    // tr Σ is about 100; roots of what rounding leaves of null eigenvalues are not taken: the factor has rank 9.
    expect(await frechetDistance(few, few)).toBeLessThan(1e-11);
  });

  test("features that are copies of others, in the set with more images", async () => {
    // G Σ₂ Gᵀ has 25 eigenvalues 0, of which rounding leaves some below.
    const half = normalFeatures({ seed: 2, count: 300, size: 25 });
    const copies = new Float32Array(300 * 50);
    for (let row = 0; row < 300; row++)
      for (let i = 0; i < 50; i++) copies[row * 50 + i] = half.values[row * 25 + (i % 25)];
    const full = await momentsOf(normalFeatures({ seed: 1, count: 200, size: 50 }));
    const singular = await momentsOf({ values: copies, count: 300, size: 50 });
    const distance = await frechetDistance(full, singular);
    expect(Math.abs((await frechetDistance({ ...full, count: 400 }, singular)) - distance)).toBeLessThan(
      1e-5,
    );
  });

  test("a feature that never changes, two that are equal, and scales of 1e-20 and 1e20", async () => {
    const random = normalFeatures({ seed: 3, count: 200, size: 2 });
    const rows = Array.from({ length: 200 }, (_, i) => {
      const [x, y] = random.values.subarray(2 * i, 2 * i + 2);
      return [x, x, 7, 1e-20 * y, 1e15 * y];
    });
    const a = await momentsOf(featuresOf(rows));
    const b = await momentsOf(featuresOf(rows.map(([x, , c, y, z]) => [2 * x, -x, c, y, 3 * z])));
    const distance = await frechetDistance(a, b);
    // Almost all of it is the last feature's: (σ - 3σ)² and the means.
    const last = 4 * a.covariance[24] + (2 * a.mean[4]) ** 2;
    expect(Math.abs(distance / last - 1)).toBeLessThan(1e-6);
    expect(await frechetDistance(a, a)).toBeLessThan(1e-12 * a.covariance[24]);
  });
});

test("the same either way round, and for rows in another order, up to rounding", async () => {
  for (let seed = 0; seed < 10; seed++) {
    const size = 3 + seed * 4;
    const x = normalFeatures({ seed, count: 20 + seed * 5, size });
    const y = normalFeatures({ seed: seed + 100, count: 60, size, mean: 0.3, deviation: 1.5 });
    const order = Uint32Array.from({ length: x.count }, (_, i) => x.count - 1 - i);
    const [a, b, c] = await Promise.all([momentsOf(x), momentsOf(y), momentsOf(takeRows(x, order))]);
    const distance = await frechetDistance(a, b);
    // Roots of eigenvalues near 0 keep half of float64's digits: 1e-8 each, of some tens.
    expect(Math.abs((await frechetDistance(b, a)) - distance)).toBeLessThan(1e-6);
    expect(Math.abs((await frechetDistance(c, b)) - distance)).toBeLessThan(1e-6);
  }
});

test("features of two sizes are refused", async () => {
  const moments = [diagonal(2, 0, () => 1), diagonal(3, 0, () => 1)] as const;
  await expect(frechetDistance(...moments)).rejects.toThrow(/features of 2 and of 3/);
});
