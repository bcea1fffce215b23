// Adam on flat vectors: against tfjs step by step, by hand, and what a refused gradient must not change.
import { beforeAll, describe, expect, test } from "vitest";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { createAdam, measure, updateAverage, warmUpDecay } from "../../../coordinator/optimizer.ts";

const OPTIONS = { learningRate: 0.01, beta1: 0.5, beta2: 0.99, epsilon: 1e-8 };
const LARGEST = 3.4028234663852886e38;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("createAdam", () => {
  test("agrees with tf.train.adam over five steps", () => {
    const start = [0.5, -2, 30, 0, 1e-3, 7];
    const gradients = [1, -1, 0.3, 2, -0.1].map((a) => start.map((_, i) => a * (i - 2.2) + 0.01 * i));
    for (const options of [OPTIONS, { ...OPTIONS, beta1: 0.9, beta2: 0.999, epsilon: 1e-3 }]) {
      const adam = createAdam(options, start.length);
      const weights = Float32Array.from(start);
      const shards = 4;
      const theirs = tf.train.adam(options.learningRate, options.beta1, options.beta2, options.epsilon);
      const variable = tf.variable(tf.tensor1d(start));
      for (const gradient of gradients) {
        const sum = Float32Array.from(gradient, (value) => value * shards);
        adam.update({ weights, gradient: sum, scale: 1 / shards, next: weights });
        theirs.applyGradients([{ name: variable.name, tensor: tf.tensor1d(gradient) }]);
        // tfjs rounds every intermediate result to float32 (6e-8), we round three: 1e-5 leaves room for five steps
        expect(largestRelativeError(weights, variable.dataSync())).toBeLessThan(1e-5);
      }
      variable.dispose();
      theirs.dispose();
    }
  });

  test("first step is the learning rate against the sign of the gradient", () => {
    // t = 1: m̂ = g, v̂ = g², so w - lr·g/(|g| + ε) = 1 - 0.01 and 1 + 0.01, whatever the size of g
    const next = new Float32Array(2);
    const weights = Float32Array.of(1, 1);
    const adam = createAdam(OPTIONS, 2);
    adam.update({ weights, gradient: Float32Array.of(8, -0.02), scale: 0.5, next });
    expect(next[0]).toBeCloseTo(0.99, 6);
    expect(next[1]).toBeCloseTo(1.01, 6);
    expect([...weights]).toEqual([1, 1]);
    // g = 4: m = 0.5·4, v = 0.01·16 = 0.16
    expect(adam.state.t).toBe(1);
    expect(adam.state.m[0]).toBe(2);
    expect(adam.state.v[0]).toBe(Math.fround(0.01 * 16));
  });

  test("in place or into another buffer, in shared memory or not, gives the same bits", () => {
    const gradient = Float32Array.of(0.3, -0.7, 1e-9);
    const inPlace = Float32Array.of(1, 2, 3);
    const buffers = [0, 1].map(() => new Float32Array(new SharedArrayBuffer(12)));
    buffers[0].set(inPlace);
    const [one, two] = [createAdam(OPTIONS, 3), createAdam(OPTIONS, 3)];
    for (let step = 0; step < 4; step++) {
      one.update({ weights: inPlace, gradient, scale: 1, next: inPlace });
      two.update({ weights: buffers[step % 2], gradient, scale: 1, next: buffers[(step + 1) % 2] });
    }
    expect([...buffers[0]]).toEqual([...inPlace]);
  });

  test("goes on from restored state as if it had not stopped", () => {
    const gradient = Float32Array.of(0.1, -5);
    const [weights, resumed] = [Float32Array.of(1, 1), Float32Array.of(0, 0)];
    const first = createAdam(OPTIONS, 2);
    for (let i = 0; i < 3; i++) first.update({ weights, gradient, scale: 1, next: weights });
    const second = createAdam(OPTIONS, 2);
    second.restore(first.state);
    first.update({ weights, gradient, scale: 1, next: resumed });
    first.update({ weights: resumed, gradient, scale: 1, next: resumed });
    for (let i = 0; i < 2; i++) second.update({ weights, gradient, scale: 1, next: weights });
    expect([...weights]).toEqual([...resumed]);
    expect(second.state.t).toBe(5);
  });

  test("refuses vectors of another length before anything changes", () => {
    const adam = createAdam(OPTIONS, 2);
    const [two, three] = [new Float32Array(2), new Float32Array(3)];
    expect(() => adam.update({ weights: two, gradient: two, scale: 1, next: three })).toThrow(RangeError);
    expect(() => adam.restore({ t: 3, m: two, v: three })).toThrow(/3 values, expected 2/);
    expect(adam.state.t).toBe(0);
  });
});

describe("measure", () => {
  test("gives the L2 norm of the scaled gradient", () => {
    // (6, 8) / 2 = (3, 4): √(9 + 16) = 5
    expect(measure(Float32Array.of(6, 8), 0.5)).toEqual({ norm: 5, finite: true });
    expect(measure(new Float32Array(0), 1)).toEqual({ norm: 0, finite: true });
  });

  test("sees NaN and infinity wherever they are", () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (let at = 0; at < 3; at++) {
        const gradient = Float32Array.of(1, 1, 1);
        gradient[at] = bad;
        expect(measure(gradient, 0.25).finite).toBe(false);
      }
    }
  });

  test("what it calls finite leaves finite weights and moments, up to the largest", () => {
    const largest = Math.fround(Math.sqrt(LARGEST) * (1 - 1e-7));
    for (const [value, finite] of [
      [largest, true],
      [LARGEST, false],
    ] as const) {
      const gradient = Float32Array.of(value);
      expect(measure(gradient, 1).finite).toBe(finite);
    }
    const adam = createAdam({ ...OPTIONS, beta2: 0 }, 1);
    const weights = Float32Array.of(1);
    for (let i = 0; i < 3; i++) {
      adam.update({ weights, gradient: Float32Array.of(largest), scale: 1, next: weights });
    }
    expect([weights[0], adam.state.m[0], adam.state.v[0]].every(Number.isFinite)).toBe(true);
  });
});

test("the average follows the weights by 1 - decay", () => {
  const ema = Float32Array.of(0, 8);
  updateAverage(ema, Float32Array.of(4, 8), 0.75);
  expect([...ema]).toEqual([1, 8]); // 0.75·0 + 0.25·4
  updateAverage(ema, Float32Array.of(5, 0), 0.75);
  expect([...ema]).toEqual([2, 6]); // 0.75·1 + 0.25·5; 0.75·8
  expect(() => updateAverage(ema, new Float32Array(1), 0.5)).toThrow(RangeError);
});

test("the average's decay warms up to its value", () => {
  // (1 + t) / (10 + t): 1/10, 10/19, then the cap
  expect(warmUpDecay(0.999, 0)).toBe(0.1);
  expect(warmUpDecay(0.999, 9)).toBeCloseTo(10 / 19, 12);
  expect(warmUpDecay(0.999, 100_000)).toBe(0.999);
});

function largestRelativeError(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  return Math.max(
    ...Array.from(ours, (value, i) => Math.abs(value - theirs[i]) / Math.max(1e-6, Math.abs(theirs[i]))),
  );
}
