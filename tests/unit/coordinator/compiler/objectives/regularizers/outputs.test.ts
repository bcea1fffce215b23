// Regularizers of D's outputs and features and of G's Jacobian, against numbers by hand.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { consistency } from "../../../../../../coordinator/compiler/objectives/regularizers/consistency.ts";
import { featureMatching } from "../../../../../../coordinator/compiler/objectives/regularizers/feature-matching.ts";
import { lecam } from "../../../../../../coordinator/compiler/objectives/regularizers/lecam.ts";
import { pathLength } from "../../../../../../coordinator/compiler/objectives/regularizers/path-length.ts";
import { type PenaltySetting, penaltyOf } from "../../../../../support/penalty.ts";

/** D(x) = w · the first pixel. */
const first: PenaltySetting["judge"] = (x, w) => {
  const [batch] = x.shape;
  return tf.mul(w, tf.reshape(tf.slice(x, [0, 0, 0, 0], [batch, 1, 1, 1]), [batch, 1]));
};

describe("bCR", () => {
  const setting: PenaltySetting = {
    judge: first,
    shape: [1, 1, 3, 1],
    samples: [1, 2, 4],
    weights: [1],
    numbers: { weight: 10 },
  };
  // The draws of the samples, then those of the fake: rows, columns, mirror. At 3 pixels the shift is −1, 0 or 1.
  test.each([
    ["nothing happens where no shift is drawn", [0.5, 0.5, 0], 1],
    ["a shift to one side", [0.5, 0.9, 0], 2], // (2, 4, 2)
    ["a shift to the other reflects the edge", [0.5, 0.1, 0], 2], // (2, 1, 2)
    ["a mirrored image", [0.5, 0.5, 0.5], 4], // (4, 2, 1)
    ["both", [0.5, 0.9, 0.5], 2], // (2, 4, 2) the other way round
    ["rows, of which there is one only, stay", [0.9, 0.5, 0], 1],
  ])("%s: D's answer changes by as much", async (_, draws, now) => {
    const { penalty, gradient } = await penaltyOf(
      consistency,
      { weight: 10, flip: true },
      { ...setting, draws: draws.map((draw) => [draw]) },
    );
    expect(penalty).toBeCloseTo(10 * (now - 1) ** 2, 4);
    expect(gradient[0]).toBeCloseTo(20 * (now - 1) ** 2, 4);
  });

  test("counts generated images too, each image changed in its own way", async () => {
    const { penalty } = await penaltyOf(
      consistency,
      { weight: 1, flip: true },
      {
        ...setting,
        shape: [2, 1, 3, 1],
        samples: [1, 2, 4, 1, 2, 4],
        generate: () => tf.tensor([0, 1, 2, 0, 0, 0], [2, 1, 3, 1]),
        numbers: { weight: 1 },
        draws: [
          [0.5, 0.5],
          [0.5, 0.9],
          [0.9, 0],
          [0.5, 0.5],
          [0.5, 0.5],
          [0.6, 0.6],
        ],
      },
    );
    // samples: 1 → 4 mirrored, 1 → 2 shifted: mean(9, 1); generated: 0 → 2, 0 → 0: mean(4, 0)
    expect(penalty).toBeCloseTo(5 + 2, 4);
  });

  test("mirrors nothing where it is not to", async () => {
    const { penalty } = await penaltyOf(
      consistency,
      { weight: 1, flip: false },
      { ...setting, draws: [[0.5], [0.5], [0.5], [0.5], [0.9]] },
    );
    expect(penalty).toBe(0);
  });

  test("a map of patches counts as its mean, which a shift hardly changes", async () => {
    const { penalty } = await penaltyOf(
      consistency,
      { weight: 1, flip: true },
      { ...setting, judge: (x, w) => tf.mul(x, w), numbers: { weight: 1 }, draws: [[0.5], [0.5], [0.5]] },
    );
    expect(penalty).toBeCloseTo(0, 6); // mirrored: the patches are others, their mean is the same
  });

  test("images of one pixel have nothing to shift", async () => {
    const { penalty } = await penaltyOf(
      consistency,
      { weight: 1, flip: true },
      { ...setting, shape: [1, 1, 1, 1], samples: [3], draws: [[0.9], [0.9], [0.9]] },
    );
    expect(penalty).toBe(0);
  });
});

describe("LeCam", () => {
  const setting: PenaltySetting = {
    judge: first,
    generate: (z) => tf.reshape(z, [2, 1, 1, 1]),
    noise: [-1, -3],
    shape: [2, 1, 1, 1],
    samples: [1, 4],
    weights: [1],
    numbers: { weight: 0.5 },
  };
  const config = { weight: 0.5, decay: 0.9 };

  test("begins with the means of the first round, which has no penalty", async () => {
    const { penalty, gradient, state } = await penaltyOf(lecam, config, setting);
    expect(penalty).toBe(0);
    expect(gradient).toEqual([0]);
    expect(state).toEqual({ real: 2.5, fake: -2, isStarted: 1 });
  });

  test("then pulls the outputs towards the other kind's average, which follows", async () => {
    const { penalty, gradient, state } = await penaltyOf(lecam, config, {
      ...setting,
      state: { real: 2, fake: -1, isStarted: 1 },
    });
    // mean((1 + 1)², (4 + 1)²) = 14.5 and mean((−1 − 2)², (−3 − 2)²) = 17
    expect(penalty).toBeCloseTo(0.5 * 31.5, 4);
    // by w: mean 2·(D − α)·x: (2·1 + 5·4) + (−3·−1 + −5·−3) = 22 + 18, times λ
    expect(gradient[0]).toBeCloseTo(0.5 * 40, 4);
    expect(state["real"]).toBeCloseTo(0.9 * 2 + 0.1 * 2.5, 5);
    expect(state["fake"]).toBeCloseTo(0.9 * -1 + 0.1 * -2, 5);
  });

  test("takes the mean of several outputs", async () => {
    const judge: PenaltySetting["judge"] = (x, w) => [first(x, w) as tf.Tensor, tf.mul(x, 0)];
    const { state } = await penaltyOf(lecam, config, { ...setting, judge });
    expect(state).toEqual({ real: 1.25, fake: -1, isStarted: 1 });
  });
});

test("feature matching is the squared distance of the mean features", async () => {
  // features are here what D says of an image, w·(x₀, x₁): means w·(2, 3) and w·(0, 1), w = 2
  const { penalty, gradient } = await penaltyOf(
    featureMatching,
    { weight: 3 },
    {
      judge: (x, w) => tf.mul(tf.reshape(x, [2, 2]), w),
      generate: (z) => tf.reshape(tf.concat([tf.zerosLike(z), z], 1), [2, 1, 2, 1]),
      noise: [0, 2],
      shape: [2, 1, 2, 1],
      samples: [1, 4, 3, 2],
      weights: [2],
      numbers: { weight: 3 },
    },
  );
  expect(penalty).toBeCloseTo(3 * (16 + 16), 4);
  expect(gradient[0]).toBeCloseTo(3 * 2 * 2 * 8, 4);
});

describe("path length", () => {
  // G(z) = w·z in each of 4 pixels: Jᵀy = w · Σ y / √4 for z of one number
  const setting: PenaltySetting = {
    judge: first,
    generate: (z, w) => tf.reshape(tf.tile(tf.mul(z, w), [1, 4]), [2, 2, 2, 1]),
    noise: [7, 8],
    shape: [2, 2, 2, 1],
    samples: [0, 0, 0, 0, 0, 0, 0, 0],
    weights: [3],
    numbers: { weight: 2 },
    draws: [[1, 1, 0, 0, 2, 2, 1, 1]], // Σ y / 2 = 1 and 3: lengths 3 and 9
  };

  test("is λ times the mean square of (length − usual length), which follows before it is used", async () => {
    const { penalty, gradient, state } = await penaltyOf(
      pathLength,
      { weight: 2, decay: 0.5, every: 1 },
      { ...setting, state: { length: 4 } },
    );
    expect(state["length"]).toBeCloseTo(5, 5); // 4 + ½·(6 − 4)
    expect(penalty).toBeCloseTo(2 * ((4 + 16) / 2), 4);
    // by w: λ · mean 2·(length − a)·(length/w − ½·2) with a's own slope ½·mean length/w = 1
    expect(gradient[0]).toBeCloseTo(2 * ((2 * -2 * (1 - 1) + 2 * 4 * (3 - 1)) / 2), 4);
  });

  test("begins with a usual length of 0", async () => {
    const { penalty, state } = await penaltyOf(
      pathLength,
      { weight: 1, decay: 0.01, every: 1 },
      { ...setting, numbers: { weight: 1 } },
    );
    expect(state["length"]).toBeCloseTo(0.06, 5);
    expect(penalty).toBeCloseTo((2.94 ** 2 + 8.94 ** 2) / 2, 3);
  });

  test("is finite where the images do not depend on the noise", async () => {
    const { penalty, gradient } = await penaltyOf(
      pathLength,
      { weight: 1, decay: 0.01, every: 1 },
      { ...setting, generate: (z, w) => tf.add(tf.mul(0, tf.reshape(tf.tile(z, [1, 4]), [2, 2, 2, 1])), w) },
    );
    expect(penalty).toBeCloseTo(0, 6);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });
});
