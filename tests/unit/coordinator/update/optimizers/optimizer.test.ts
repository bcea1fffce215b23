// Every optimizer step by step against tfjs's own, by hand where tfjs has none, and what all of them have in common.
import { beforeAll, describe, expect, test } from "vitest";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { singleThreaded } from "../../../../../coordinator/update/vector-threads/loops.ts";
import { Optimizer } from "../../../../../coordinator/update/optimizers/optimizer.ts";
import { type OptimizerConfigInput, optimizerSchema } from "../../../../../shared/config/optimizer-config.ts";
import { GanglionError } from "../../../../../shared/errors.ts";
import { stream } from "../../../../../shared/random/random.ts";

const START_OF_RUN = { images: 0, runImages: 0 };
const STEPS = 40;
const P = 37;
const SHARDS = 4;
/** Gradients of many sizes, with zeros among them, that change their sign from step to step and not. */
const GRADIENTS = Array.from({ length: STEPS }, (_, step) => {
  const random = stream(step, "gradient");
  return Float32Array.from({ length: P }, (__, i) =>
    i % 7 === 0 ? 0 : (random.normal() + (i % 3)) * 10 ** ((i % 5) - 3),
  );
});
const START = Float32Array.from({ length: P }, (_, i) => (i - 18) * 0.3);

/** tfjs rounds every intermediate result to float32: 1 - β2 = 0.001 to 6e-5 of itself, its root, and all steps add up. */
const TOLERANCE = 5e-5;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("agrees with tfjs over forty steps:", () => {
  test.each<[string, OptimizerConfigInput, () => tf.Optimizer]>([
    ["sgd", { kind: "sgd", learningRate: 0.05 }, () => tf.train.sgd(0.05)],
    ["momentum", { kind: "sgd", learningRate: 0.02, momentum: 0.9 }, () => tf.train.momentum(0.02, 0.9)],
    ["Nesterov", { kind: "sgd", learningRate: 0.02, momentum: 0.8, nesterov: true }, () => tf.train.momentum(0.02, 0.8, true)],
    ["rmsprop", { kind: "rmsprop", learningRate: 0.01 }, () => tf.train.rmsprop(0.01, 0.9, 0, 1e-7)],
    ["rmsprop with momentum", { kind: "rmsprop", learningRate: 0.01, decay: 0.8, momentum: 0.7, epsilon: 1e-4 }, () => tf.train.rmsprop(0.01, 0.8, 0.7, 1e-4)],
    ["adam of GANs", { learningRate: 0.01, beta1: 0.5, beta2: 0.99 }, () => tf.train.adam(0.01, 0.5, 0.99, 1e-7)],
    ["adam of Keras", { kind: "adam", learningRate: 0.1, beta1: 0.9, epsilon: 1e-3 }, () => tf.train.adam(0.1, 0.9, 0.999, 1e-3)],
  ])("%s", (_name, config, theirs) => {
    expectAgreement(config, theirs(), GRADIENTS);
  }); // prettier-ignore

  test("centered rmsprop, with and without momentum, where ε is small beside the variance", () => {
    // tfjs subtracts ε instead of adding it (see rmsprop.ts): no zero gradients, and ε far below the variances here
    const varied = GRADIENTS.map((gradient, step) =>
      gradient.map((g, i) => g + (step % 2 === 0 ? 1 : -1.5) * (1 + i)),
    );
    for (const momentum of [0, 0.6]) {
      const config = {
        kind: "rmsprop",
        learningRate: 0.01,
        momentum,
        centered: true,
        epsilon: 1e-10,
      } as const;
      expectAgreement(config, tf.train.rmsprop(0.01, 0.9, momentum, 1e-10, true), varied);
    }
  });
});

test("centered rmsprop takes steps where tfjs's divides by the root of less than nothing", () => {
  // g = 0, then 1: s = 0.1, c = 0.1: 0.01 · 1 / √(0.1 - 0.01)
  const optimizer = new Optimizer({
    config: optimizerSchema.parse({ kind: "rmsprop", learningRate: 0.01, centered: true }),
    length: 1,
  });
  const weights = Float32Array.of(1);
  apply(optimizer, weights, Float32Array.of(0));
  expect(weights[0]).toBe(1);
  apply(optimizer, weights, Float32Array.of(1));
  expect(weights[0]).toBeCloseTo(1 - 0.01 / 0.3, 6);
  // a gradient that stays the same has no variance but what rounding leaves: still finite
  for (let i = 0; i < 500; i++) apply(optimizer, weights, Float32Array.of(1));
  expect(Number.isFinite(weights[0])).toBe(true);
});

describe("adamw", () => {
  test("agrees with Loshchilov & Hutter's algorithm 2, written out with the rate in the decay, over forty steps", () => {
    const [rate, beta1, beta2, epsilon, decay] = [0.01, 0.9, 0.99, 1e-8, 0.1];
    const config = { kind: "adamw", learningRate: rate, beta1, beta2, epsilon, weightDecay: decay } as const;
    const optimizer = new Optimizer({ config: optimizerSchema.parse(config), length: P });
    const weights = START.slice();
    const theirs = Array.from(START, (w) => ({ w, m: 0, v: 0 }));
    for (const [index, gradient] of GRADIENTS.entries()) {
      apply(optimizer, weights, gradient);
      const t = index + 1;
      for (const [i, one] of theirs.entries()) {
        one.m = beta1 * one.m + (1 - beta1) * gradient[i];
        one.v = beta2 * one.v + (1 - beta2) * gradient[i] ** 2;
        const [m, v] = [one.m / (1 - beta1 ** t), one.v / (1 - beta2 ** t)];
        one.w -= rate * (m / (Math.sqrt(v) + epsilon) + decay * one.w);
      }
      expectClose(weights, theirs.map(({ w }) => w)); // prettier-ignore
    }
  });

  test("is Adam where it decays nothing, and decays by a hundredth of the rate where nothing else is said", () => {
    const [adam, adamw] = (["adam", "adamw"] as const).map((kind) => optimizerSchema.parse({ kind }));
    expect([adam.weightDecay, adamw.weightDecay]).toEqual([0, 0.01]);
    const bits = [adam, { ...adamw, weightDecay: 0 }].map((config) => {
      const weights = START.slice();
      const optimizer = new Optimizer({ config, length: P });
      for (const gradient of GRADIENTS) apply(optimizer, weights, gradient, config.learningRate as number);
      return weights;
    });
    expect(bits[1]).toEqual(bits[0]);
  });
});

describe("regularization", () => {
  /** [kernel, kernel, bias] */
  const parts = [
    { offset: 0, length: 2, decays: true },
    { offset: 2, length: 1, decays: false },
  ];
  const update = (config: OptimizerConfigInput, gradient: number[], bound = Infinity): number[] => {
    const optimizer = new Optimizer({ config: optimizerSchema.parse(config), length: 3, parts });
    const [weights, next] = [Float32Array.of(8, -4, 8), new Float32Array(3)];
    singleThreaded.run(
      optimizer.step({
        weights,
        gradient: Float32Array.from(gradient),
        next,
        scale: 0.5,
        bound,
        rate: 0.25,
        at: START_OF_RUN,
      }),
    );
    return [...next];
  };

  test("L2 adds λ times the weight to the mean gradient of kernels, not of biases", () => {
    // g = (1, 0, 1) + ½·(8, -4, -) = (5, -2, 1)
    expect(update({ kind: "sgd", l2: 0.5 }, [2, 0, 2])).toEqual([6.75, -3.5, 7.75]);
  });

  test("weight decay takes rate · decay of kernels away, beside the gradient's step", () => {
    // kept 1 - 0.25·0.5 = 0.875: (7, -3.5, 8) less 0.25·(1, 0, 1)
    expect(update({ kind: "sgd", weightDecay: 0.5 }, [2, 0, 2])).toEqual([6.75, -3.5, 7.75]);
  });

  test("both are the same for plain SGD, and are not for Adam, which divides L2 by the gradient's size", () => {
    // L2: the first Adam step is the rate, whatever the size; decoupled: the decay comes beside it
    const l2 = update({ kind: "adam", l2: 0.5 }, [2, 2, 2]);
    const decoupled = update({ kind: "adam", weightDecay: 0.5 }, [2, 2, 2]);
    expect(l2[0]).toBeCloseTo(7.75, 5);
    expect(decoupled[0]).toBeCloseTo(6.75, 5);
  });

  test("clipping comes before L2: a long gradient does not weaken the pull on the weights", () => {
    // mean (50, -50, 0.5), clipped to ±1, + ½·(8, -4, -)
    expect(update({ kind: "sgd", l2: 0.5 }, [100, -100, 1], 1)).toEqual([8 - 0.25 * 5, -4 + 0.25 * 3, 7.875]);
  });
});

describe.each(["sgd", "rmsprop", "adam", "adamw"] as const)("%s", (kind) => {
  const momentum = kind === "sgd" || kind === "rmsprop" ? { momentum: 0.9 } : {};
  const config = optimizerSchema.parse({
    kind,
    learningRate: 0.02,
    weightDecay: 0.01,
    l2: 0.001,
    ...momentum,
  });

  test("gives the same bits in place or into another buffer, in shared memory or not", () => {
    const inPlace = START.slice();
    const buffers = [0, 1].map(() => new Float32Array(new SharedArrayBuffer(4 * P)));
    buffers[0].set(START);
    const [one, two] = [new Optimizer({ config, length: P }), new Optimizer({ config, length: P })];
    for (const [i, gradient] of GRADIENTS.entries()) {
      apply(one, inPlace, gradient);
      const [weights, next] = [buffers[i % 2], buffers[(i + 1) % 2]];
      singleThreaded.run(
        two.step({
          weights,
          gradient: timesShards(gradient),
          scale: 1 / SHARDS,
          bound: Infinity,
          rate: 0.01,
          at: START_OF_RUN,
          next,
        }),
      );
    }
    expect([...buffers[STEPS % 2]]).toEqual([...inPlace]);
  });

  test("goes on from restored state as if it had not stopped", () => {
    const [whole, resumed] = [START.slice(), START.slice()];
    const [first, second] = [new Optimizer({ config, length: P }), new Optimizer({ config, length: P })];
    for (const gradient of GRADIENTS) apply(first, whole, gradient);
    const before = new Optimizer({ config, length: P });
    for (const gradient of GRADIENTS.slice(0, 15)) apply(before, resumed, gradient);
    second.restore(structuredClone(before.state));
    for (const gradient of GRADIENTS.slice(15)) apply(second, resumed, gradient);
    expect(resumed).toEqual(whole);
    expect(second.state).toEqual(first.state);
    expect(second.state.t).toBe(STEPS);
  });

  test("refuses vectors of another length before anything changes", () => {
    const optimizer = new Optimizer({ config, length: 2 });
    const [two, three] = [new Float32Array(2), new Float32Array(3)];
    const update = { scale: 1, bound: Infinity, rate: 0.1, at: START_OF_RUN, weights: two, gradient: two };
    expect(() => optimizer.step({ ...update, next: three })).toThrow(/3 values, expected 2/);
    expect(optimizer.state.t).toBe(0);
    const moments = Object.fromEntries(Object.keys(optimizer.state.moments).map((name) => [name, three]));
    expect(() => optimizer.restore({ t: 3, moments })).toThrow(RangeError);
    expect(optimizer.state.t).toBe(0);
  });

  test("refuses the moments of another kind, and says which it keeps", () => {
    const restore = (): void =>
      new Optimizer({ config, length: 2 }).restore({ t: 1, moments: { other: new Float32Array(2) } });
    expect(restore).toThrow(GanglionError);
    expect(restore).toThrow(new RegExp(`moments other, and the optimizer ${kind} keeps .*another run's`));
  });
});

test("adam's first step is the learning rate against the sign of the gradient", () => {
  // t = 1: m̂ = g, v̂ = g², so w - rate·g/(|g| + ε), whatever the size of g = (4, -0.01)
  const optimizer = new Optimizer({ config: optimizerSchema.parse({ beta2: 0.99 }), length: 2 });
  const weights = Float32Array.of(1, 1);
  singleThreaded.run(
    optimizer.step({
      weights,
      gradient: Float32Array.of(8, -0.02),
      scale: 0.5,
      bound: Infinity,
      rate: 0.01,
      at: START_OF_RUN,
      next: weights,
    }),
  );
  expectClose(weights, [0.99, 1.01]);
  // m = 0.5·4, v = 0.01·16
  expect(optimizer.state.moments["m"][0]).toBe(2);
  expect(optimizer.state.moments["v"][0]).toBe(Math.fround(0.01 * 16));
});

function expectAgreement(
  config: OptimizerConfigInput,
  theirs: tf.Optimizer,
  gradients: readonly Float32Array[],
): void {
  const parsed = optimizerSchema.parse(config);
  const optimizer = new Optimizer({ config: parsed, length: P });
  const weights = START.slice();
  const variable = tf.variable(tf.tensor1d(START));
  for (const gradient of gradients) {
    apply(optimizer, weights, gradient, parsed.learningRate as number);
    theirs.applyGradients([{ name: variable.name, tensor: tf.tensor1d(gradient) }]);
    expectClose(weights, variable.dataSync());
  }
  variable.dispose();
  theirs.dispose();
}

/** In place, from the sum of four equal shards. */
function apply(optimizer: Optimizer, weights: Float32Array, gradient: Float32Array, rate = 0.01): void {
  const sum = timesShards(gradient);
  singleThreaded.run(
    optimizer.step({
      weights,
      gradient: sum,
      scale: 1 / SHARDS,
      bound: Infinity,
      rate,
      at: START_OF_RUN,
      next: weights,
    }),
  );
}

function timesShards(gradient: Float32Array): Float32Array {
  return gradient.map((g) => g * SHARDS);
}

/** Relative to the larger of the value and 1: weights pass through 0. */
function expectClose(ours: ArrayLike<number>, theirs: ArrayLike<number>): void {
  for (let i = 0; i < ours.length; i++)
    expect(Math.abs(ours[i] - theirs[i]) / Math.max(1, Math.abs(theirs[i])), `at ${i}`).toBeLessThan(
      TOLERANCE,
    );
}
