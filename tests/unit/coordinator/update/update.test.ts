// What a round's sum does to weights, moments, moving statistics and the generator's average, by hand.
import { expect, test } from "vitest";
import { meanOf } from "../../../../coordinator/update/clip.ts";
import { type UpdateResult, Updater } from "../../../../coordinator/update/update.ts";
import { Weights } from "../../../../coordinator/update/weights.ts";
import { type RunConfig, type RunConfigInput, parseConfig } from "../../../../shared/config/config.ts";
import { createLayout } from "../../../../shared/protocol/layout.ts";
import type { PhasePlan } from "../../../../shared/protocol/messages.ts";

/** Offsets: discriminator 0, 1; generator 2; moving mean 3. */
const LAYOUT = createLayout([
  { name: "discriminator/w", shape: [2] },
  { name: "generator/w", shape: [1] },
  { name: "state/generator/mean", shape: [1] },
]);
const INITIAL = Float32Array.of(1, 1, 1, 10);
const BOTH = phase(
  "gradient/discriminator/w",
  "gradient/generator/w",
  "metric/loss/generator",
  "state/generator/mean",
);
/** [D, D, G, metric, state], summed over two shards. */
const SUM = Float32Array.of(6, 8, -2, 3, 14);

test("a round moves each network against its mean gradient, and reports what it was", () => {
  const { updater, weights } = open();
  const before = weights.current;
  const result = update(updater, BOTH, 0, SUM, weights);
  // means (3, 4) and -1: norms √(9 + 16) and 1; the metric 3 / 2. The first Adam step is the rate, 0.25, by sign.
  expect(result).toEqual({
    metrics: { "loss/generator": 1.5 },
    gradientNorms: { discriminator: 5, generator: 1 },
    layerGradientNorms: { discriminator: 5, generator: 1 },
    applicable: true,
  });
  expectClose(weights.current, [0.75, 0.75, 1.25, 7]); // the moving mean is 14 / 2
  expect(weights.version).toBe(1);
  expect([...before]).toEqual([...INITIAL]); // nodes may still read the older version
});

test("a gradient that is not finite changes nothing, not even of the other network", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const { updater, weights } = open();
    const result = update(updater, BOTH, 0, Float32Array.of(6, 8, bad, 3, 14), weights);
    expect(result.applicable).toBe(false);
    expect(result.gradientNorms).toMatchObject({ discriminator: 5 });
    expect([...weights.current]).toEqual([...INITIAL]);
    expect(weights.version).toBe(0);
    expect(updater.state.optimizers["discriminator"]).toMatchObject({
      t: 0,
      moments: { m: new Float32Array(2) },
    });
    expect([...updater.state.ema!]).toEqual([...INITIAL]);
  }
});

test("a phase of one network leaves the other, its moments and the average of it alone", () => {
  const { updater, weights } = open();
  update(updater, BOTH, 0, SUM, weights);
  const average = updater.ema(weights)[2];
  update(updater, phase("gradient/discriminator/w"), 0, Float32Array.of(6, 8), weights);
  expectClose(weights.current, [0.5, 0.5, 1.25, 7]); // the same gradient moves D by the rate again
  expect(updater.state.optimizers).toMatchObject({ generator: { t: 1 }, discriminator: { t: 2 } });
  expectClose(updater.ema(weights), [0.5, 0.5, average, 7]); // D is not averaged: it is as it is
  expect(average).not.toBe(weights.current[2]);
});

test("the average follows the generator slowly, and holds the rest as it is", () => {
  const { updater, weights } = open();
  update(updater, BOTH, 0, SUM, weights);
  // decay min(0.9, (1 + 0) / (10 + 0)) = 0.1: 0.1 · 1 + 0.9 · 1.25
  expectClose(updater.ema(weights), [0.75, 0.75, 1.225, 7]);
  update(updater, BOTH, 0, SUM, weights);
  // the same gradient: Adam moves by the rate again, to 1.5; decay 2/11: (2 · 1.225 + 9 · 1.5) / 11 = 1.45
  expectClose(updater.ema(weights), [0.5, 0.5, 1.45, 7]);
});

test("without an average the current weights draw, and none is kept", () => {
  const { updater, weights } = open({ average: 0 });
  update(updater, BOTH, 0, SUM, weights);
  expect(updater.ema(weights)).toBe(weights.current);
  expect(updater.state.ema).toBeNull();
});

test("clipping shortens the mean gradient of each network by itself, and the norms are those before it", () => {
  const { updater, weights } = open({
    optimizer: { kind: "sgd", learningRate: 0.25, clip: { kind: "norm", norm: 2.5 } },
  });
  const result = update(updater, BOTH, 0, SUM.slice(), weights);
  expect(result.gradientNorms).toEqual({ discriminator: 5, generator: 1 });
  // D: (3, 4) has length 5, half of it is (1.5, 2); G: -1 is short enough
  expectClose(weights.current, [1 - 0.375, 1 - 0.5, 1.25, 7]);
});

test("squares that are known are not measured again, and give the same norms", () => {
  const { updater } = open({ optimizer: { kind: "sgd" } });
  const both = phase("gradient/discriminator/w", "gradient/generator/w");
  const mean = meanOf(Float32Array.of(6, 8, 24), both.shards); // (3, 4) and 12
  const measured = updater.clip(both, mean);
  expect(updater.clip(both, mean, [25, 144])).toEqual(measured);
  const { networks } = updater.clip(both, mean, [25, 9]);
  expect(Object.fromEntries(networks.map(({ name, norm }) => [name, norm]))).toEqual({
    discriminator: 5,
    generator: 3,
  });
});

test("clipping makes a gradient applicable whose norm is not", () => {
  const huge = Float32Array.of(6e30, 8e30, -2, 3, 14);
  const plain = open({ optimizer: { kind: "sgd", learningRate: 0.25 } });
  expect(update(plain.updater, BOTH, 0, huge.slice(), plain.weights).applicable).toBe(false);
  expect(plain.weights.version).toBe(0);
  const clipped = open({ optimizer: { kind: "sgd", learningRate: 0.25, clip: { kind: "norm", norm: 1 } } });
  expect(update(clipped.updater, BOTH, 0, huge.slice(), clipped.weights).applicable).toBe(true);
  expectClose(clipped.weights.current, [1 - 0.25 * 0.6, 1 - 0.25 * 0.8, 1.25, 7]);
});

test("each network has its own optimizer and its own rate", () => {
  const { updater, weights } = open({ optimizers: { generator: { kind: "sgd", learningRate: 0.5 } } });
  const result = update(updater, BOTH, 0, SUM, weights);
  expectClose(weights.current, [0.75, 0.75, 1.5, 7]); // Adam: the rate by sign; SGD: 1 + 0.5 · 1
  expect(Object.keys(updater.state.optimizers["generator"].moments)).toEqual([]);
  expect(result.metrics).toEqual({ "loss/generator": 1.5 }); // constant rates are no news
});

test("the rate is that of the step in the run, whatever the rounds before", () => {
  const learningRateSchedule = { kind: "linear" } as const;
  const optimizer = { kind: "sgd", learningRate: 0.4, learningRateSchedule } as const;
  const { updater, weights } = open({ optimizer, length: { kind: "steps", steps: 4 } });
  const result = update(updater, BOTH, 3, SUM, weights); // a quarter is left: 0.1 · (3, 4) and 0.1 · -1
  expectClose(weights.current, [0.7, 0.6, 1.1, 7]);
  expect(result.metrics["rate/generator"]).toBeCloseTo(0.1, 12);
});

test("betas and rates follow the images that training has used, corrections too, and are reported", () => {
  const { updater, weights } = open({
    optimizer: {
      learningRate: { kind: "linear", from: 0.4, to: 0.1, endImages: 300 },
      beta1: 0,
      beta2: { kind: "linear", from: 0.5, to: 0.9, endImages: 200 },
    },
  });
  let [w, v] = [1, 0];
  for (const [i, images] of [0, 100, 200].entries()) {
    const gradient = [3, 1, -2][i];
    const result = update(updater, BOTH, { step: i, images }, SUM.map((sum, at) => (at === 0 ? 2 * gradient : sum)), weights); // prettier-ignore
    // as PyTorch with group["betas"] and group["lr"] set before each step: v̂ = v / (1 - β2^t) with the present β2
    const [rate, beta2] = [[0.4, 0.3, 0.2][i], [0.5, 0.7, 0.9][i]];
    v = beta2 * v + (1 - beta2) * gradient ** 2;
    w -= (rate * gradient) / Math.sqrt(v / (1 - beta2 ** (i + 1)));
    expect(weights.current[0], `step ${i}`).toBeCloseTo(w, 5);
    expect(result.metrics).toMatchObject({ "loss/generator": 1.5 });
    for (const network of ["generator", "discriminator"]) {
      expect(result.metrics[`beta2/${network}`]).toBeCloseTo(beta2, 12);
      expect(result.metrics[`rate/${network}`]).toBeCloseTo(rate, 12);
      expect(result.metrics).not.toHaveProperty(`beta1/${network}`);
    }
  }
});

test("an average with a half-life halves the part of old weights in so many images, and has no warm-up", () => {
  const { updater, weights } = open({ batch: 50, shard: 50, averageHalfLife: 50 });
  update(updater, BOTH, 0, SUM, weights);
  expectClose(updater.ema(weights), [0.75, 0.75, 1.125, 7]); // ½·1 + ½·1.25
  update(updater, BOTH, 1, SUM, weights);
  expectClose(updater.ema(weights), [0.5, 0.5, 1.3125, 7]); // ½·1.125 + ½·1.5
});

test("a lazy regularizer's phase trains the generator, and the average by images waits for the step's own", () => {
  const { updater, weights } = open({ batch: 50, shard: 50, averageHalfLife: 50 });
  update(updater, { ...BOTH, every: 4 }, 0, SUM, weights);
  expectClose(updater.ema(weights), [0.75, 0.75, 1, 7]);
  const byUpdates = open();
  update(byUpdates.updater, { ...BOTH, every: 4 }, 0, SUM, byUpdates.weights);
  expectClose(byUpdates.updater.ema(byUpdates.weights), [0.75, 0.75, 1.225, 7]);
});

test("images from before a resume count in the ramp-up of an average", () => {
  const rules = { batch: 50, shard: 50, averageHalfLife: 1e9, averageRampUp: 0.5 };
  const whole = open(rules);
  for (const step of [0, 1, 2]) update(whole.updater, BOTH, step, SUM, whole.weights);
  const half = open(rules);
  for (const step of [0, 1]) update(half.updater, BOTH, step, SUM, half.weights);
  const resumed = open(rules, { earlierImages: 100 });
  const weights = new Weights(half.weights.current, half.weights.version);
  resumed.updater.restore(structuredClone(half.updater.state));
  update(resumed.updater, BOTH, 2, SUM, weights);
  expect([...resumed.updater.ema(weights)]).toEqual([...whole.updater.ema(whole.weights)]);
  // h = ½·100 before the third update of 50 images: half of the old average stays
  expect(resumed.updater.ema(weights)[2]).toBeCloseTo(
    0.5 * half.updater.ema(half.weights)[2] + 0.5 * 1.75,
    5,
  );
});

test("L2 and weight decay act on kernels, and leave biases and scales alone", () => {
  const layout = createLayout([
    { name: "generator/00-dense/bias", shape: [1] },
    { name: "generator/00-dense/kernel", shape: [1, 2] },
    { name: "generator/01-batchnormalization/gamma", shape: [1] },
    { name: "generator/02-dense/kernel", shape: [1, 1] },
  ]);
  const initial = Float32Array.of(8, 8, 8, 8, 8);
  const config = configOf({
    optimizer: { kind: "sgd", learningRate: 0.5, l2: 0.25, weightDecay: 0.25 },
    average: 0,
  });
  const weights = new Weights(initial, 0);
  const updater = new Updater({ config, layout, initial, networks: ["generator"], steps: 1, runImages: 0 });
  const contribution = createLayout(
    layout.slots.map(({ name, shape }) => ({ name: `gradient/${name}`, shape })),
  );
  update(updater, { ...BOTH, contribution }, 0, new Float32Array(5), weights);
  // a kernel keeps 1 - 0.5·0.25 of itself, less 0.5 · 0.25 · 8 for L2: 7 - 1
  expectClose(weights.current, [8, 6, 6, 8, 6]);
});

test("a restored updater goes on with the same bits", () => {
  const { updater, weights } = open();
  update(updater, BOTH, 0, SUM, weights);
  const { ema, optimizers } = structuredClone(updater.state);
  const resumed = open();
  const resumedWeights = new Weights(weights.current, weights.version);
  resumed.updater.restore({ ema, optimizers });
  for (const [each, its] of [
    [updater, weights],
    [resumed.updater, resumedWeights],
  ] as const)
    // prettier-ignore
    update(each, BOTH, 0, Float32Array.of(-1, 5, 0.3, 1, 2), its);
  expect([...resumedWeights.current]).toEqual([...weights.current]);
  expect(resumed.updater.state).toEqual(updater.state);
  expect(resumedWeights.version).toBe(2);
});

function configOf(options: Partial<RunConfigInput>): RunConfig {
  return parseConfig({
    model: { kind: "preset", name: "digits" },
    length: { kind: "steps", steps: 1 },
    optimizer: { learningRate: 0.25, beta1: 0.5, beta2: 0.5 },
    average: 0.9,
    ...options,
  });
}

function open(
  options: Partial<RunConfigInput> = {},
  earlier: { readonly earlierImages?: number } = {},
): { updater: Updater; weights: Weights } {
  const config = configOf(options);
  const weights = new Weights(INITIAL, 0);
  return {
    updater: new Updater({
      config,
      layout: LAYOUT,
      initial: INITIAL,
      networks: ["generator", "discriminator"],
      steps: config.length.kind === "steps" ? config.length.steps : 1,
      runImages: 1000,
      ...earlier,
    }),
    weights,
  };
}

/** From a sum to new weights and EMA, as a step does it; without them where the mean cannot be applied. */
function update(
  updater: Updater,
  trained: PhasePlan,
  step: number | { readonly step: number; readonly images: number },
  sum: Float32Array,
  weights: Weights,
): UpdateResult & { readonly applicable: boolean } {
  const at = typeof step === "number" ? { step, images: 0 } : step;
  const clipped = updater.clip(trained, meanOf(sum, trained.shards));
  const { applicable, networks } = clipped;
  if (!applicable) {
    expect(() => updater.applyGradient(trained, at, clipped, weights)).toThrow(RangeError);
    const gradientNorms = Object.fromEntries(networks.map(({ name, norm }) => [name, norm]));
    return { applicable, metrics: {}, gradientNorms, layerGradientNorms: {} };
  }
  const result = updater.applyGradient(trained, at, clipped, weights);
  return { applicable, ...result };
}

/** Two shards; the vector lies in the order of the names. */
function phase(...names: string[]): PhasePlan {
  const sizes: Readonly<Record<string, number>> = { "gradient/discriminator/w": 2 };
  return {
    name: "test",
    program: "0".repeat(64),
    contribution: createLayout(names.map((name) => ({ name, shape: [sizes[name] ?? 1] }))),
    shards: 2,
    shardSize: 1,
    usesSamples: true,
    every: 1,
  };
}

/** To six digits: Adam's ε of 1e-7 is not in the sums above. */
function expectClose(actual: Float32Array, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i], `at ${i}`).toBeCloseTo(value, 6);
}
