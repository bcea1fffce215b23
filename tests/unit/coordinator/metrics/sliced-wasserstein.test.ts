// MIND against closed forms in one dimension and for shifts and scales of normal distributions.
import { expect, test } from "vitest";
import { takeRows } from "../../../../coordinator/metrics/features.ts";
import { mongeDistance } from "../../../../coordinator/metrics/sliced-wasserstein.ts";
import { featuresOf, normalFeatures } from "../../../support/normal-features.ts";

test("one feature: three times the mean squared difference of sorted values", async () => {
  // Sorted 0 1 5 against 1 2 3: (1 + 1 + 4) / 3 = 2. The direction is ±1 whatever the seed.
  const found = await mongeDistance(featuresOf([[5], [0], [1]]), featuresOf([[2], [3], [1]]), { seed: 1 });
  expect(found).toEqual({ mind: 6, standardError: 0, projections: 1000 });
});

test("sets of two sizes: their quantile functions are compared", async () => {
  // 0 over [0, 1/2), 6 over [1/2, 1) against 0, 3, 6 over thirds: 9 over [1/3, 1/2) and over [1/2, 2/3).
  const found = await mongeDistance(featuresOf([[0], [6]]), featuresOf([[6], [0], [3]]), { seed: 1, projections: 1 }); // prettier-ignore
  expect(found).toEqual({ mind: 9, standardError: null, projections: 1 });
});

test("a set repeated is 0 away from itself, in any order", async () => {
  const features = normalFeatures({ seed: 1, count: 100, size: 10 });
  const twice = takeRows(
    features,
    Uint32Array.from({ length: 200 }, (_, i) => 99 - (i % 100)),
  );
  expect((await mongeDistance(features, twice, { seed: 1, projections: 50 })).mind).toBe(0);
});

test("a shift μ is 3 |μ|² away", async () => {
  // θ·μ squared has mean |μ|² / d over the sphere; 5 standard errors of the directions.
  const features = normalFeatures({ seed: 1, count: 50, size: 20 });
  const shifted = { ...features, values: features.values.map((value) => value + 0.5) };
  const { mind, standardError } = await mongeDistance(features, shifted, { seed: 2 });
  expect(standardError).toBeLessThan(0.8);
  expect(Math.abs(mind - 3 * 20 * 0.25)).toBeLessThan(5 * standardError!);
});

test("twice the deviation is 3 d away, whatever the direction", async () => {
  // W₂² of N(0, 1) and N(0, 4) is (2 - 1)²; the same numbers doubled, so that sampling shows only in their second moment:
  // 2000 squares have mean 1 within 3 %, averaged over directions.
  const features = normalFeatures({ seed: 1, count: 2000, size: 20 });
  const doubled = { ...features, values: features.values.map((value) => 2 * value) };
  const { mind } = await mongeDistance(features, doubled, { seed: 2, projections: 200 });
  expect(Math.abs(mind / 60 - 1)).toBeLessThan(0.03);
});

test("the seed decides the directions", async () => {
  const a = normalFeatures({ seed: 1, count: 30, size: 5 });
  const b = normalFeatures({ seed: 2, count: 40, size: 5 });
  const options = { seed: 1, projections: 60 };
  expect(await mongeDistance(a, b, options)).toEqual(await mongeDistance(a, b, options));
  expect(await mongeDistance(a, b, { ...options, seed: 2 })).not.toEqual(await mongeDistance(a, b, options));
});
