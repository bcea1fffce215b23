// The adversarial losses against numbers by hand: values, and slopes by every logit.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers"; // it registers the gradients of all kernels
import { beforeAll, describe, expect, test } from "vitest";
import {
  LOSS_NAMES,
  type LossName,
  type Targets,
  lossOf,
} from "../../../../../shared/config/objectives/losses.ts";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";

beforeAll(useCpuBackend);

const REAL = [2, 0];
const FAKE = [-1, 1];
const softplus = (x: number): number => Math.log(1 + Math.exp(x));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

interface Expected {
  readonly discriminator: number;
  readonly generator: number;
  /** By D(x): of the discriminator's loss, and of the generator's, which does not depend on it unless it is relativistic. */
  readonly byReal: readonly [discriminator: readonly number[], generator: readonly number[]];
  readonly byFake: readonly [discriminator: readonly number[], generator: readonly number[]];
}

const crossEntropy: Omit<Expected, "generator"> = {
  discriminator: (softplus(-2) + softplus(0) + softplus(-1) + softplus(1)) / 4,
  byReal: [
    [-sigmoid(-2) / 4, -sigmoid(0) / 4],
    [0, 0],
  ],
  byFake: [
    [sigmoid(-1) / 4, sigmoid(1) / 4],
    [0, 0],
  ],
};

/** D(x) − mean D(x̂) and D(x̂) − mean D(x): means 0 and 1 */
const AVERAGE: Expected = {
  discriminator: (softplus(-2) + softplus(0)) / 2 + (softplus(-2) + softplus(0)) / 2,
  generator: (softplus(2) + softplus(0)) / 2 + (softplus(2) + softplus(0)) / 2,
  byReal: [
    [-sigmoid(-2) / 2 - (sigmoid(-2) + sigmoid(0)) / 4, -sigmoid(0) / 2 - (sigmoid(-2) + sigmoid(0)) / 4],
    [sigmoid(2) / 2 + (sigmoid(2) + sigmoid(0)) / 4, sigmoid(0) / 2 + (sigmoid(2) + sigmoid(0)) / 4],
  ],
  byFake: [
    [sigmoid(-2) / 2 + (sigmoid(-2) + sigmoid(0)) / 4, sigmoid(0) / 2 + (sigmoid(-2) + sigmoid(0)) / 4],
    [-sigmoid(2) / 2 - (sigmoid(2) + sigmoid(0)) / 4, -sigmoid(0) / 2 - (sigmoid(2) + sigmoid(0)) / 4],
  ],
};

const EXPECTED: Readonly<Record<LossName, Expected>> = {
  "non-saturating": {
    ...crossEntropy,
    generator: (softplus(1) + softplus(-1)) / 2, // −mean log σ(D(x̂))
    byFake: [crossEntropy.byFake[0], [-sigmoid(1) / 2, -sigmoid(-1) / 2]],
  },
  minimax: {
    ...crossEntropy,
    generator: -(softplus(-1) + softplus(1)) / 2, // mean log(1 − σ(D(x̂)))
    byFake: [crossEntropy.byFake[0], [-sigmoid(-1) / 2, -sigmoid(1) / 2]],
  },
  "least-squares": {
    discriminator: (1 + 1) / 4 + (1 + 1) / 4, // ½·mean (D(x) − 1)² + ½·mean D(x̂)²
    generator: (4 + 0) / 4, // ½·mean (D(x̂) − 1)²
    byReal: [
      [0.5, -0.5],
      [0, 0],
    ],
    byFake: [
      [-0.5, 0.5],
      [-1, 0],
    ],
  },
  hinge: {
    discriminator: (0 + 1) / 2 + (0 + 2) / 2,
    generator: 0,
    byReal: [
      [0, -0.5],
      [0, 0],
    ],
    byFake: [
      [0, 0.5],
      [-0.5, -0.5],
    ],
  },
  wasserstein: {
    discriminator: 0 - 1,
    generator: 0,
    byReal: [
      [-0.5, -0.5],
      [0, 0],
    ],
    byFake: [
      [0.5, 0.5],
      [-0.5, -0.5],
    ],
  },
  "relativistic-average": AVERAGE,
  "relativistic-pairing": {
    discriminator: (softplus(-3) + softplus(1)) / 2, // differences 3 and −1
    generator: (softplus(3) + softplus(-1)) / 2,
    byReal: [
      [-sigmoid(-3) / 2, -sigmoid(1) / 2],
      [sigmoid(3) / 2, sigmoid(-1) / 2],
    ],
    byFake: [
      [sigmoid(-3) / 2, sigmoid(1) / 2],
      [-sigmoid(3) / 2, -sigmoid(-1) / 2],
    ],
  },
};

function logits(values: readonly number[]): tf.Tensor {
  return tf.tensor([...values], [values.length, 1]);
}

function numbers(tensor: tf.Tensor): number[] {
  return [...tensor.dataSync()];
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5);
}

describe.each(LOSS_NAMES)("%s", (name) => {
  const loss = lossOf(name);
  const expected = EXPECTED[name];

  test.each(["discriminator", "generator"] as const)("has the value of its formula for the %s", (network) => {
    const value = loss[network](tf, logits(REAL), logits(FAKE));
    expect(value.shape).toEqual([]);
    expect(numbers(value)[0]).toBeCloseTo(expected[network], 5);
  });

  test.each(["discriminator", "generator"] as const)("has its slopes for the %s", (network) => {
    const slopes = tf.grads((real: tf.Tensor, fake: tf.Tensor) =>
      tf.add(loss[network](tf, real, fake), tf.mul(0, tf.add(tf.sum(real), tf.sum(fake)))),
    )([logits(REAL), logits(FAKE)]);
    const which = network === "discriminator" ? 0 : 1;
    expectClose(numbers(slopes[0]), expected.byReal[which]);
    expectClose(numbers(slopes[1]), expected.byFake[which]);
  });

  test("is finite where D is as sure as can be, in either direction", () => {
    for (const [real, fake] of [
      [1e4, -1e4],
      [-1e4, 1e4],
    ] as const) {
      for (const network of ["discriminator", "generator"] as const)
        expect(numbers(loss[network](tf, logits([real]), logits([fake])))[0]).toSatisfy(Number.isFinite);
    }
  });

  test("takes maps of patches as it takes as many images, unless images are compared", () => {
    const [real, fake] = [REAL, FAKE].map((values) => tf.tensor(values, [1, 2, 1, 1]));
    for (const network of ["discriminator", "generator"] as const)
      expect(numbers(loss[network](tf, real, fake))[0]).toBeCloseTo(expected[network], 5);
  });
});

test.each(LOSS_NAMES.filter((name) => lossOf(name).perFake))(
  "%s: G's loss is the mean of what each of its images costs",
  (name) => {
    const mean = tf.mean(lossOf(name).perFake!(tf, logits(FAKE)));
    expect(numbers(mean)[0]).toBeCloseTo(EXPECTED[name].generator, 5);
  },
);

describe("label smoothing", () => {
  const targets: Targets = { real: 0.9, fake: 0.2 };
  test.each<[LossName, number]>([
    // ½·mean(t σ⁺(−x) + (1 − t) σ⁺(x)) of both
    ["non-saturating", (0.9 * softplus(-2) + 0.1 * softplus(2) + softplus(0)) / 4 + (0.2 * softplus(1) + 0.8 * softplus(-1) + 0.2 * softplus(-1) + 0.8 * softplus(1)) / 4],
    ["minimax", (0.9 * softplus(-2) + 0.1 * softplus(2) + softplus(0)) / 4 + (softplus(1) + softplus(-1)) / 4],
    ["least-squares", (1.1 ** 2 + 0.9 ** 2) / 4 + (1.2 ** 2 + 0.8 ** 2) / 4],
  ])("%s: D is to say 0.9 of real images, 0.2 of generated ones", (name, expected) => {
    expect(numbers(lossOf(name).discriminator(tf, logits(REAL), logits(FAKE), targets))[0]).toBeCloseTo(expected, 5);
  }); // prettier-ignore

  test("targets of 1 and 0 are the loss as it is", () => {
    for (const name of LOSS_NAMES.filter((each) => lossOf(each).hasTargets)) {
      const [smooth, plain] = [{ real: 1, fake: 0 }, undefined].map((given) =>
        numbers(lossOf(name).discriminator(tf, logits(REAL), logits(FAKE), given)),
      );
      expectClose(smooth, plain);
    }
  });

  test("losses without targets ignore none that they are given: they have none", () => {
    expect(LOSS_NAMES.filter((name) => lossOf(name).hasTargets)).toEqual([
      "non-saturating",
      "minimax",
      "least-squares",
    ]);
  });
});
