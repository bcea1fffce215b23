// Penalties of D's slope by the pixels, against numbers by hand: values, and gradients by the weights of D.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { dragan } from "../../../../../../coordinator/compiler/objectives/regularizers/dragan.ts";
import { gradientPenalty } from "../../../../../../coordinator/compiler/objectives/regularizers/gradient-penalty.ts";
import { r1 } from "../../../../../../coordinator/compiler/objectives/regularizers/r1.ts";
import { r2 } from "../../../../../../coordinator/compiler/objectives/regularizers/r2.ts";
import { type PenaltySetting, penaltyOf } from "../../../../../support/penalty.ts";

/** D(x) = ½ w Σ x², whose slope at x is w·x, of length |w|·‖x‖; a batch of 2 images of 2 pixels. */
const bowl: Pick<PenaltySetting, "judge" | "shape" | "weights"> = {
  judge: (x, w) => tf.mul(tf.mul(0.5, w), tf.sum(tf.square(x), [1, 2, 3], false).reshape([-1, 1])),
  shape: [2, 1, 2, 1],
  weights: [2],
};

describe("R1 and R2", () => {
  test("R1 is γ/2 times the mean square of D's slope at the samples", async () => {
    // ‖w x‖² = 4·(3² + 4²) = 100 and 4·1 = 4: mean 52; γ/2 = 5; by w: 2·260/w = 260
    const { penalty, gradient } = await penaltyOf(
      r1,
      { gamma: 10, every: 1 },
      { ...bowl, samples: [3, 4, 0, 1], numbers: { gamma: 10 } },
    );
    expect(penalty).toBeCloseTo(260, 3);
    expect(gradient[0]).toBeCloseTo(260, 3);
  });

  test("R2 is the same at the generated images", async () => {
    const { penalty } = await penaltyOf(
      r2,
      { gamma: 1, every: 1 },
      {
        ...bowl,
        generate: (z) => tf.reshape(tf.concat([z, tf.zerosLike(z)], 1), [2, 1, 2, 1]), // (1, 0) and (3, 0)
        noise: [1, 3],
        samples: [9, 9, 9, 9],
        numbers: { gamma: 1 },
      },
    );
    expect(penalty).toBeCloseTo(10, 4); // ½ · mean(4·1, 4·9)
  });

  test("the slope is by the pixels as they were before D is shown others", async () => {
    const shown: PenaltySetting["judge"] = (x, w) => bowl.judge(tf.mul(x, 3), w); // slope 9·w·x
    const { penalty } = await penaltyOf(
      r1,
      { gamma: 2, every: 1 },
      { ...bowl, judge: shown, samples: [1, 0, 0, 0], numbers: { gamma: 2 } },
    );
    expect(penalty).toBeCloseTo(162, 3); // mean(18², 0)
  });

  test("patches and several outputs add up to one slope", async () => {
    // two patches w·x₀ and w·x₁, and a second output w·x₀: slopes 2 w and w
    const judge: PenaltySetting["judge"] = (x, w) => [
      tf.mul(x, w),
      tf.mul(tf.slice(x, [0, 0, 0, 0], [2, 1, 1, 1]), w),
    ];
    const { penalty } = await penaltyOf(
      r1,
      { gamma: 2, every: 1 },
      { ...bowl, judge, samples: [5, 6, 7, 8], numbers: { gamma: 2 } },
    );
    expect(penalty).toBeCloseTo(20, 4); // 4² + 2²
  });

  test("a batch of one", async () => {
    const { penalty } = await penaltyOf(
      r1,
      { gamma: 1, every: 1 },
      { ...bowl, shape: [1, 1, 2, 1], samples: [3, 4], numbers: { gamma: 1 } },
    );
    expect(penalty).toBeCloseTo(50, 4);
  });
});

describe("WGAN-GP", () => {
  const setting: PenaltySetting = {
    ...bowl,
    generate: (z) => tf.reshape(tf.tile(z, [1, 2]), [2, 1, 2, 1]),
    noise: [0, 1],
    samples: [3, 4, 1, 1],
    numbers: { weight: 10 },
    draws: [[0.5, 0]],
  };

  test("is λ times the mean square of (slope − 1) between an image and a generated one", async () => {
    // halfway from (3, 4) to (0, 0): (1.5, 2) of length 2.5, slope 5, distance 4; (1, 1): slope 2·√2, distance 1.8284
    const { penalty, gradient } = await penaltyOf(
      gradientPenalty,
      { weight: 10, target: 1, every: 1 },
      setting,
    );
    expect(penalty).toBeCloseTo(10 * ((16 + 1.8284271 ** 2) / 2), 3);
    // by w: λ · mean 2·(slope − 1)·‖x̃‖ = 10 · (2·4·2.5 + 2·1.8284·1.4142)/2
    expect(gradient[0]).toBeCloseTo(10 * ((20 + 2 * 1.8284271 * 1.4142136) / 2), 3);
  });

  test("has the slope that is wanted as its target", async () => {
    const { penalty } = await penaltyOf(gradientPenalty, { weight: 10, target: 5, every: 1 }, setting);
    expect(penalty).toBeCloseTo(10 * ((5 - 2.8284271) ** 2 / 2), 3);
  });

  test.each([
    ["no slope at all", [0, 0, 0, 0]],
    ["no slope in one of them", [3, 4, 0, 0]],
  ])("is finite, and so is its gradient, for images with %s", async (_, samples) => {
    const { penalty, gradient } = await penaltyOf(
      gradientPenalty,
      { weight: 1, target: 1, every: 1 },
      { ...setting, noise: [0, 0], samples, draws: [] },
    );
    expect(penalty).toBeGreaterThan(0);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  test("is λ·target² where no output depends on the image", async () => {
    const judge: PenaltySetting["judge"] = (_, w) => tf.reshape(tf.tile(w, [2]), [2, 1]);
    const { penalty, gradient } = await penaltyOf(
      gradientPenalty,
      { weight: 3, target: 2, every: 1 },
      { ...setting, judge, numbers: { weight: 3 } },
    );
    expect(penalty).toBeCloseTo(12, 3);
    expect(gradient).toEqual([0]);
  });
});

test("DRAGAN takes the slope at x + a · ½ · std(x) · u", async () => {
  // std of (3, 5, 3, 5) is 1: (3, 5) + 1·½·(0.5, 0) and (3, 5) + 0; slopes 2‖x‖
  const { penalty } = await penaltyOf(
    dragan,
    { weight: 10, every: 1 },
    {
      ...bowl,
      samples: [3, 5, 3, 5],
      numbers: { weight: 10 },
      draws: [
        [1, 0],
        [0.5, 0, 1, 1],
      ],
    },
  );
  const distances = [2 * Math.hypot(3.25, 5) - 1, 2 * Math.hypot(3, 5) - 1];
  expect(penalty).toBeCloseTo((10 * (distances[0] ** 2 + distances[1] ** 2)) / 2, 2);
});

test("DRAGAN of images that are all of one colour is finite", async () => {
  const { penalty, gradient } = await penaltyOf(
    dragan,
    { weight: 10, every: 1 },
    { ...bowl, samples: [0, 0, 0, 0], numbers: { weight: 10 } },
  );
  expect(penalty).toBeCloseTo(10, 4); // slope 0: (0 − 1)²
  expect(gradient.every(Number.isFinite)).toBe(true);
});
