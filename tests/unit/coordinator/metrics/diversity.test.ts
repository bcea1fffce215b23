// Pairwise diversity, and the floor's two draws.
import { expect, test } from "vitest";
import { pairwiseDiversity } from "../../../../coordinator/metrics/diversity.ts";
import { drawDisjoint } from "../../../../coordinator/metrics/floor.ts";
import { featuresOf, normalFeatures } from "../../../support/normal-features.ts";

test("all pairs of few images, by hand", () => {
  // (0, 0), (3, 4), (0, 8): distances 5, 8, 5. Mean 6, deviations 1, 2, 1: variance 2.
  const found = pairwiseDiversity(featuresOf([[0, 0], [3, 4], [0, 8]]), { seed: 1 }); // prettier-ignore
  expect(found).toEqual({ mean: 6, std: Math.sqrt(2), pairs: 3 });
});

test("drawn pairs of many images agree with all of them", () => {
  const features = normalFeatures({ seed: 1, count: 300, size: 8 });
  const every = pairwiseDiversity(features, { seed: 1, pairs: 1e9 });
  expect(every.pairs).toBe((300 * 299) / 2);
  const some = pairwiseDiversity(features, { seed: 1 });
  expect(some.pairs).toBe(10_000);
  // 5 standard errors of 10,000 draws.
  expect(Math.abs(some.mean - every.mean)).toBeLessThan((5 * every.std) / 100);
  expect(pairwiseDiversity(features, { seed: 2 }).mean).not.toBe(some.mean);
});

test("the two images of a drawn pair differ", () => {
  // One feature of its own each: every two are √2 apart, and an image from itself 0.
  const rows = Array.from({ length: 20 }, (_, i) => Array.from({ length: 20 }, (__, k) => (i === k ? 1 : 0)));
  const { mean, std, pairs } = pairwiseDiversity(featuresOf(rows), { seed: 1, pairs: 150 });
  expect(pairs).toBe(150);
  expect(mean).toBeCloseTo(Math.SQRT2, 12);
  expect(std).toBeLessThan(1e-12);
});

test("images that are all equal have diversity 0, and one image is refused", () => {
  const same = featuresOf(Array.from({ length: 500 }, () => [1, 2]));
  expect(pairwiseDiversity(same, { seed: 1 })).toEqual({ mean: 0, std: 0, pairs: 10_000 });
  expect(() => pairwiseDiversity(featuresOf([[1]]), { seed: 1 })).toThrow(/one image has no pair/);
});

test("the floor's two draws have no image in common, and are the seed's", () => {
  const reference = featuresOf(Array.from({ length: 100 }, (_, i) => [i]));
  const { first, second } = drawDisjoint(reference, 30, 1);
  expect([first.count, second.count]).toEqual([30, 30]);
  expect(new Set([...first.values, ...second.values]).size).toBe(60);
  expect(drawDisjoint(reference, 30, 1)).toEqual({ first, second });
  expect(drawDisjoint(reference, 30, 2)).not.toEqual({ first, second });
});

test("a reference too small for two draws is halved", () => {
  const reference = featuresOf(Array.from({ length: 7 }, (_, i) => [i]));
  const { first, second } = drawDisjoint(reference, 100, 1);
  expect([first.count, second.count]).toEqual([3, 3]);
  expect(() => drawDisjoint(featuresOf([[1]]), 5, 1)).toThrow(/cannot be drawn from 1/);
});
