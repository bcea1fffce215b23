// Precision, recall, density and coverage: by hand, by expectation, and against a loop over all pairs.
import { describe, expect, test } from "vitest";
import type { Features } from "../../../../coordinator/metrics/features.ts";
import { type ManifoldMetrics, manifoldMetrics } from "../../../../coordinator/metrics/manifold.ts";
import { featuresOf, meanAndError, normalFeatures } from "../../../support/normal-features.ts";

test("five points on a line, by hand", async () => {
  // k = 1. Real 0, 1, 10: radii 1, 1, 9. Generated 0.5, 2.5, 30: radii 2, 2, 27.5.
  // 0.5 is in the balls of 0 and 1, and not of 10 (9.5 away); 2.5 in that of 10 (7.5); 30 in none.
  // 0 and 1 are in the ball of 0.5 (and of others); 10 in that of 30 (20).
  const found = await manifoldMetrics(featuresOf([[0], [1], [10]]), featuresOf([[0.5], [2.5], [30]]), { seed: 1, k: 1 }); // prettier-ignore
  expect(found).toEqual({
    precision: 2 / 3,
    recall: 1,
    density: 3 / 3,
    coverage: 1,
    k: 1,
    real: 3,
    generated: 3,
  });
});

/** By the papers' formulas, one pair after the other. */
function byDefinition(real: Features, generated: Features, k: number): Partial<ManifoldMetrics> {
  const row = ({ values, size }: Features, i: number): Float32Array =>
    values.subarray(i * size, (i + 1) * size);
  const distance = (x: Float32Array, y: Float32Array): number =>
    Math.sqrt(x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0));
  const rows = (features: Features): Float32Array[] =>
    Array.from({ length: features.count }, (_, i) => row(features, i));
  const radii = (points: readonly Float32Array[]): number[] =>
    points.map((x) => points.map((y) => distance(x, y)).toSorted((a, b) => a - b)[k]);
  const xs = rows(real);
  const ys = rows(generated);
  const radiiX = radii(xs);
  const radiiY = radii(ys);
  const share = (flags: readonly boolean[]): number => flags.filter(Boolean).length / flags.length;
  const inside = ys.map((y) => xs.filter((x, i) => distance(x, y) < radiiX[i]).length);
  return {
    precision: share(inside.map((n) => n > 0)),
    recall: share(xs.map((x) => ys.some((y, j) => distance(x, y) < radiiY[j]))),
    density: inside.reduce((sum, n) => sum + n, 0) / (k * ys.length),
    coverage: share(xs.map((x, i) => ys.some((y) => distance(x, y) < radiiX[i]))),
  };
}

test("sets of 20 sizes agree with the definitions", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const size = 1 + (seed % 7);
    const real = normalFeatures({ seed, count: 7 + 11 * seed, size });
    const generated = normalFeatures({
      seed: seed + 50,
      count: 6 + 5 * seed,
      size,
      mean: 0.5,
      deviation: 0.7,
    });
    const k = 1 + (seed % 5);
    expect(await manifoldMetrics(real, generated, { seed, k })).toMatchObject(
      byDefinition(real, generated, k),
    );
  }
});

test("equal distributions have coverage 1 - 2^-k and density 1 on average", async () => {
  // A real image is not covered where its k nearest among N - 1 real and N generated ones are all real:
  // (N-1)…(N-k) / (2N-1)…(2N-k), 1/32 for k = 5 and large N. A generated one is as likely as any of the N - 1 others to be
  // one of the k nearest: in k/N of N balls, density 1. Neither depends on the distribution.
  const N = 400;
  const k = 5;
  let missed = 1;
  for (let i = 1; i <= k; i++) missed *= (N - i) / (2 * N - i);
  expect(1 - missed).toBeCloseTo(0.96875, 2); // 0.96933 at N = 400
  const runs = [];
  for (let seed = 0; seed < 30; seed++) {
    const real = normalFeatures({ seed: 2 * seed, count: N, size: 6 });
    const generated = normalFeatures({ seed: 2 * seed + 1, count: N, size: 6 });
    runs.push(await manifoldMetrics(real, generated, { seed, k }));
  }
  for (const [name, known] of [
    ["coverage", 1 - missed],
    ["density", 1],
  ] as const) {
    const { mean, error } = meanAndError(runs.map((run) => run[name]));
    // 4 standard errors of 30 independent draws.
    expect(error, name).toBeLessThan(0.01);
    expect(Math.abs(mean - known), name).toBeLessThan(4 * error);
  }
  // Precision and recall are one quantity with the roles exchanged: equal on average.
  const difference = meanAndError(runs.map((run) => run.precision - run.recall));
  expect(Math.abs(difference.mean)).toBeLessThan(4 * difference.error);
});

describe("ties and duplicates", () => {
  test("a generator that repeats the data has precision, recall, density and coverage 1", async () => {
    // The k-th neighbour lies on the surface of the ball, outside of it: k real images in each ball, itself among them.
    const data = normalFeatures({ seed: 1, count: 300, size: 100 });
    expect(await manifoldMetrics(data, data, { seed: 1 })).toMatchObject({
      precision: 1,
      recall: 1,
      density: 1,
      coverage: 1,
    });
  });

  test("images that are all equal lie in each other's balls, which have no radius", async () => {
    const same = featuresOf(Array.from({ length: 20 }, () => [0.1, 0.2, 0.3]));
    const found = await manifoldMetrics(same, same, { seed: 1 });
    expect(found).toMatchObject({ precision: 1, recall: 1, coverage: 1, density: 20 / 5 });
    const others = normalFeatures({ seed: 1, count: 20, size: 3 });
    expect(await manifoldMetrics(others, same, { seed: 1 })).toMatchObject({ recall: 0 });
  });

  test("equal images far from 0 are at distance 0, others are not", async () => {
    // |x|² is 1e10 times the squared distances.
    const cluster = Array.from({ length: 10 }, (_, i) => [1e4 + i, 1e4 - i, 1e4, 1e4 + 2 * i, 1e4]);
    const apart = cluster.map((row) => row.map((value) => value + 0.25));
    const self = await manifoldMetrics(featuresOf(cluster), featuresOf(cluster), { seed: 1, k: 1 });
    expect(self).toMatchObject({ precision: 1, density: 1 });
    const near = byDefinition(featuresOf(cluster), featuresOf(apart), 1);
    expect(await manifoldMetrics(featuresOf(cluster), featuresOf(apart), { seed: 1, k: 1 })).toMatchObject(
      near,
    );
  });
});

test("at most `limit` images of a set are used, drawn by the seed, and told", async () => {
  const real = normalFeatures({ seed: 1, count: 200, size: 4 });
  const generated = normalFeatures({ seed: 2, count: 90, size: 4 });
  const found = await manifoldMetrics(real, generated, { seed: 1, limit: 100 });
  expect(found).toMatchObject({ real: 100, generated: 90, k: 5 });
  expect(await manifoldMetrics(real, generated, { seed: 1, limit: 100 })).toEqual(found);
  expect(await manifoldMetrics(real, generated, { seed: 2, limit: 100 })).not.toEqual(found);
});

test("sets with fewer than k + 1 images use fewer neighbours, and one image is refused", async () => {
  const three = normalFeatures({ seed: 1, count: 3, size: 2 });
  expect((await manifoldMetrics(three, three, { seed: 1 })).k).toBe(2);
  const one = normalFeatures({ seed: 1, count: 1, size: 2 });
  await expect(manifoldMetrics(three, one, { seed: 1 })).rejects.toThrow(/neighbours among 3 and 1 images/);
});
