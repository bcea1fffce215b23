// What a classifier's answers say: Inception score, modes, accuracy.
import { describe, expect, test } from "vitest";
import type { Predictions } from "../../../../coordinator/metrics/features.ts";
import { inceptionScore } from "../../../../coordinator/metrics/inception-score.ts";
import {
  compareModes,
  conditionalAccuracy,
  countClasses,
  predictedClasses,
} from "../../../../coordinator/metrics/modes.ts";

/** Each image surely of its class. */
function oneHot(ofImages: readonly number[], classes: number): Predictions {
  const values = new Float32Array(ofImages.length * classes);
  ofImages.forEach((c, i) => (values[i * classes + c] = 1));
  return { values, count: ofImages.length, classes };
}

const everyClass = Array.from({ length: 1000 }, (_, i) => i % 10);

describe("the Inception score", () => {
  test("is 1 where the classifier cannot tell, or always says the same", () => {
    // A mean of float32 numbers 0.1 over 1000 images: within 1000 roundings of float64.
    const unsure = { values: new Float32Array(1000 * 10).fill(0.1), count: 1000, classes: 10 };
    expect(inceptionScore(unsure, { seed: 1, splits: 1 }).mean).toBeCloseTo(1, 6); // rows sum to 1 + 1.5e-8
    expect(inceptionScore(oneHot(everyClass.map(() => 3), 10), { seed: 1 }).mean).toBeCloseTo(1, 12); // prettier-ignore
  });

  test("is the number of classes where all are as frequent and each is sure", () => {
    const found = inceptionScore(oneHot(everyClass, 10), { seed: 1, splits: 1 });
    expect(found).toEqual({ mean: expect.closeTo(10, 10) as number, std: null, splits: 1 });
  });

  test("of two images, by hand", () => {
    // p = (0.75, 0.25) and (0.25, 0.75), mean (0.5, 0.5): KL = 0.75 ln 1.5 + 0.25 ln 0.5 each.
    const values = Float32Array.of(0.75, 0.25, 0.25, 0.75);
    const { mean } = inceptionScore({ values, count: 2, classes: 2 }, { seed: 1 });
    expect(mean).toBeCloseTo(Math.exp(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5)), 14);
  });

  test("takes 10 splits of shuffled images where there are 50 a class, else 1", () => {
    const sorted = oneHot(
      everyClass.toSorted((a, b) => a - b),
      10,
    );
    const found = inceptionScore(sorted, { seed: 1 });
    expect(found.splits).toBe(10);
    expect(found.mean).toBeGreaterThan(8); // unshuffled, each split would have one class: 1
    expect(found.std).toBeGreaterThan(0);
    expect(inceptionScore(sorted, { seed: 1 })).toEqual(found);
    expect(inceptionScore(oneHot(everyClass.slice(0, 490), 10), { seed: 1 }).splits).toBe(1);
  });

  test("refuses logits, and more splits than images", () => {
    const logits = { values: Float32Array.of(3, -2, 0, 0), count: 2, classes: 2 };
    expect(() => inceptionScore(logits, { seed: 1 })).toThrow(/image 0 sum to 1, .* -2: .*softmax/);
    const large = { values: Float32Array.of(0.5, 0.5, 2, 2), count: 2, classes: 2 };
    expect(() => inceptionScore(large, { seed: 1 })).toThrow(/image 1 sum to 4/);
    const notANumber = { values: Float32Array.of(NaN, 1), count: 1, classes: 2 };
    expect(() => inceptionScore(notANumber, { seed: 1 })).toThrow(/image 0 sum to NaN/);
    expect(() => inceptionScore(oneHot([0, 1], 2), { seed: 1, splits: 3 })).toThrow(/2 images do not make 3/);
  });
});

describe("modes", () => {
  test("of 1000 classes, those that occur are captured", () => {
    // Half of the classes, evenly: p = 1/500 against q = 1/1000, ln 2.
    const generated = countClasses(
      Array.from({ length: 5000 }, (_, i) => 2 * (i % 500)),
      1000,
    );
    const found = compareModes(generated, new Uint32Array(1000).fill(60));
    expect(found).toEqual({ captured: 500, classes: 1000, divergence: expect.closeTo(Math.LN2, 12) as number }); // prettier-ignore
  });

  test("equal shares have divergence 0, unequal ones their KL", () => {
    expect(compareModes(Uint32Array.of(1, 3), Uint32Array.of(2, 6)).divergence).toBe(0);
    const { divergence } = compareModes(Uint32Array.of(3, 1), Uint32Array.of(1, 1));
    expect(divergence).toBeCloseTo(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5), 14);
  });

  test("a class that the reference lacks is no mode, and leaves the divergence finite", () => {
    // q = (2.5, 2.5, 0.5) / 5.5
    const found = compareModes(Uint32Array.of(0, 1, 1), Uint32Array.of(2, 2, 0));
    const expected = 0.5 * Math.log((0.5 * 5.5) / 2.5) + 0.5 * Math.log((0.5 * 5.5) / 0.5);
    expect(found).toEqual({ captured: 1, classes: 2, divergence: expect.closeTo(expected, 14) as number });
  });

  test("predicted classes are the likeliest, the first of equals", () => {
    const values = Float32Array.of(0.2, 0.5, 0.3, 0.4, 0.2, 0.4);
    expect([...predictedClasses({ values, count: 2, classes: 3 })]).toEqual([1, 0]);
  });

  test("a class beyond the last is refused", () => {
    expect(() => countClasses([0, 10], 10)).toThrow(/class 10 of 10/);
    expect(() => compareModes(new Uint32Array(2), new Uint32Array(3))).toThrow(/2 classes against 3/);
  });
});

test("accuracy on conditional samples is the share whose class is the one asked for", () => {
  expect(conditionalAccuracy([1, 2, 3, 3], [1, 2, 2, 3])).toBe(0.75);
  expect(() => conditionalAccuracy([1], [1, 2])).toThrow(/1 predictions for 2 images/);
});
