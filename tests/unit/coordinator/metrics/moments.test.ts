// Mean and covariance: right, the same bits however the rows come, and finite for any images.
import { expect, test } from "vitest";
import { MomentSums, momentsOf } from "../../../../coordinator/metrics/moments.ts";
import { takeRows } from "../../../../coordinator/metrics/features.ts";
import { featuresOf, normalFeatures } from "../../../support/normal-features.ts";

test("mean and unbiased covariance of four images", async () => {
  const { mean, covariance, count } = await momentsOf(featuresOf([[1, 0], [3, 0], [1, 4], [3, 8]])); // prettier-ignore
  expect(count).toBe(4);
  expect([...mean]).toEqual([2, 3]);
  // x - 2: ∓1; y - 3: -3, -3, 1, 5. Products over 3: 4/3, (3 - 3 - 1 + 5)/3, 44/3. Within a rounding or two.
  [4 / 3, 4 / 3, 4 / 3, 44 / 3].forEach((value, i) => expect(covariance[i]).toBeCloseTo(value, 13));
});

test("rows added in any pieces give the same bits", async () => {
  const features = normalFeatures({ seed: 1, count: 700, size: 60 });
  const whole = await momentsOf(features);
  for (const piece of [1, 127, 128, 300]) {
    const sums = new MomentSums(60);
    for (let first = 0; first < 700; first += piece) {
      const rows = Uint32Array.from({ length: Math.min(piece, 700 - first) }, (_, i) => first + i);
      await sums.add(takeRows(features, rows));
      if (first === 300) sums.moments(); // asking in between changes nothing
    }
    expect(sums.moments()).toEqual(whole);
  }
});

test("rows in another order give the same moments up to rounding", async () => {
  const features = normalFeatures({ seed: 2, count: 500, size: 20 });
  const backwards = takeRows(
    features,
    Uint32Array.from({ length: 500 }, (_, i) => 499 - i),
  );
  const a = await momentsOf(features);
  const b = await momentsOf(backwards);
  // 500 sums of numbers of about 1 in float64: 500 · 2^-52 = 1e-13.
  a.covariance.forEach((value, i) => expect(Math.abs(value - b.covariance[i])).toBeLessThan(1e-13));
  a.mean.forEach((value, i) => expect(Math.abs(value - b.mean[i])).toBeLessThan(1e-13));
});

test("a small variance far from 0 is kept", async () => {
  // 1,000,000 ± 0.5: squares of 1e12 would leave 1e-4 of a variance of 0.25.
  const { covariance } = await momentsOf(featuresOf(Array.from({ length: 1000 }, (_, i) => [1e6 + (i % 2 ? 0.5 : -0.5)]))); // prettier-ignore
  expect(covariance[0]).toBeCloseTo((0.25 * 1000) / 999, 12);
});

test("identical images have covariance 0 exactly, one image too", async () => {
  const row = [0.1, -3.7, 1e20, 7e-30];
  for (const count of [1, 2, 127, 128, 129, 1000]) {
    const { mean, covariance } = await momentsOf(featuresOf(Array.from({ length: count }, () => row)));
    expect([...mean]).toEqual([...Float32Array.from(row)]);
    expect(covariance.every((value) => value === 0)).toBe(true);
  }
});

test("a feature that is not finite is refused with its image", async () => {
  await expect(momentsOf(featuresOf([[1, 2], [3, NaN]]))).rejects.toThrow(/feature 1 of image 1 is NaN/); // prettier-ignore
});

test("no images, and features of another size, are refused", async () => {
  const sums = new MomentSums(2);
  expect(() => sums.moments()).toThrow(/no image has moments/);
  await expect(sums.add(featuresOf([[1, 2, 3]]))).rejects.toThrow(/features of 3 cannot join/);
});
