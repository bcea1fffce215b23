// Initial weights: which there are, under which names, and what they are a function of.
import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, test } from "vitest";
import { type RunConfigInput, parseConfig } from "../../../../../shared/config/config.ts";
import { type Layout, createLayout, viewOf } from "../../../../../shared/protocol/layout.ts";
import { buildNetworks } from "../../../../../coordinator/compiler/models/networks.ts";
import {
  assignWeights,
  namedWeights,
  readWeights,
  weightsLayout,
} from "../../../../../coordinator/compiler/models/weights.ts";
import { findPreset } from "../../../../../shared/config/presets.ts";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";

const GREY = { imageShape: [28, 28, 1], classes: 10 } as const;

test("names say network, position, layer and weight; what is not trained begins with state/", async () => {
  const { layout } = await drawn("digits");
  expect(layout.slots.map(({ name, shape }) => [name, ...shape])).toEqual([
    ["discriminator/00-conv2d/bias", 32],
    ["discriminator/00-conv2d/kernel", 4, 4, 1, 32],
    ["discriminator/02-conv2d/bias", 64],
    ["discriminator/02-conv2d/kernel", 4, 4, 32, 64],
    ["discriminator/05-dense/bias", 1],
    ["discriminator/05-dense/kernel", 3136, 1],
    ["generator/00-dense/kernel", 64, 3136],
    ["generator/01-batchnormalization/beta", 3136],
    ["generator/01-batchnormalization/gamma", 3136],
    ["generator/04-conv2dtranspose/kernel", 4, 4, 32, 64],
    ["generator/05-batchnormalization/beta", 32],
    ["generator/05-batchnormalization/gamma", 32],
    ["generator/07-conv2dtranspose/bias", 1],
    ["generator/07-conv2dtranspose/kernel", 4, 4, 1, 32],
    ["state/generator/01-batchnormalization/moving_mean", 3136],
    ["state/generator/01-batchnormalization/moving_variance", 3136],
    ["state/generator/05-batchnormalization/moving_mean", 32],
    ["state/generator/05-batchnormalization/moving_variance", 32],
  ]);
});

test("are a function of the seed, and of nothing that happened before", async () => {
  const first = await drawn("digits", { seed: 7 });
  await drawn("seed-gan"); // layers get other numbers in their names, Math.random goes on
  Math.random();
  const again = await drawn("digits", { seed: 7, batch: 32, shard: 8, data: "elsewhere", average: 0.5 });
  expect(again.layout).toEqual(first.layout);
  expect(hashOf(again.flat)).toBe(hashOf(first.flat));
  const other = await drawn("digits", { seed: 8 });
  expect(other.layout.hash).toBe(first.layout.hash);
  const kernel = "generator/00-dense/kernel";
  expect(hashOf(other.of(kernel))).not.toBe(hashOf(first.of(kernel)));
});

test("have the spread their initializers promise, and networks draw from streams of their own", async () => {
  const { of } = await drawn("digits");
  // randomNormal({ stddev: 0.02 }) as in the DCGAN paper; 32768 draws: standard error 0.02 / √65536 = 0.00008
  const transposed = of("generator/04-conv2dtranspose/kernel");
  expect(standardDeviation(transposed)).toBeCloseTo(0.02, 3);
  expect(Math.abs(mean(transposed))).toBeLessThan(0.0005); // 0.02 / √32768 = 0.0001
  // Glorot normal, cut off at 2 of its deviations √(2 / (64 + 3136)) = 0.025: 0.05 at most, 0.88 · 0.025 = 0.022 left
  const dense = of("generator/00-dense/kernel");
  expect(standardDeviation(dense)).toBeCloseTo(0.022, 3);
  expect(dense.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThanOrEqual(0.05);
  expect(new Set(of("discriminator/00-conv2d/bias"))).toEqual(new Set([0]));
  expect(new Set(of("generator/01-batchnormalization/gamma"))).toEqual(new Set([1]));
  expect(new Set(of("state/generator/05-batchnormalization/moving_variance"))).toEqual(new Set([1]));
  // In deviations of each: a conv2d of 4·4 inputs and 4·4·32 outputs has √(2 / (16 + 512)).
  const start = (name: string, deviation: number): string[] =>
    [...of(name).subarray(0, 4)].map((value) => (value / deviation).toFixed(3));
  const conv = start("discriminator/00-conv2d/kernel", Math.sqrt(2 / 528));
  expect(conv).not.toEqual(start("generator/00-dense/kernel", 0.025));
});

test("layers compute with the tensors that are assigned to them", async () => {
  const { networks } = await buildNetworks(parseConfig(findPreset("seed-cnn").config), GREY);
  const weights = namedWeights(networks);
  const zeros = new Map(weights.map(({ name, variable }) => [name, tf.zeros(variable.shape as number[])]));
  assignWeights(weights, zeros);
  const probabilities = networks.classifier!.apply(tf.ones([1, 28, 28, 1])) as tf.Tensor;
  const tenths = [...probabilities.dataSync()]; // softmax of ten zeros
  expect(tenths).toHaveLength(10);
  for (const value of tenths) expect(value).toBeCloseTo(0.1, 6);
  expect(new Set(readWeights(weights, weightsLayout(weights)))).toEqual(new Set([0]));
});

test("readWeights puts each weight where its slot is", async () => {
  const { flat, layout, weights } = await drawn("seed-cnn");
  expect(layout).toEqual(createLayout(weights.map(({ name, variable }) => ({ name, shape: variable.shape as number[] })))); // prettier-ignore
  for (const { name, variable } of weights) {
    const slot = layout.slots.find((candidate) => candidate.name === name)!;
    expect(hashOf(viewOf(flat, slot)), name).toBe(hashOf(Float32Array.from(variable.read().dataSync())));
  }
});

test("a constraint is no part of the network: layers compute with the weights as they are given", async () => {
  await useCpuBackend();
  const layer = tfl.layers.dense({
    units: 1,
    useBias: false,
    inputShape: [1],
    kernelConstraint: tfl.constraints.nonNeg(),
  });
  const model = tfl.sequential({ layers: [layer] });
  const weights = namedWeights({ discriminator: model });
  assignWeights(weights, new Map([["discriminator/00-dense/kernel", tf.tensor2d([[-2]])]]));
  expect([...(model.predict(tf.tensor2d([[3]])) as tf.Tensor).dataSync()]).toEqual([-6]);
  expect(weights[0].variable.constraint).not.toBeNull(); // the coordinator's to apply
});

interface Drawn {
  readonly layout: Layout;
  readonly flat: Float32Array;
  readonly weights: ReturnType<typeof namedWeights>;
  readonly of: (name: string) => Float32Array;
}

async function drawn(preset: string, change: Partial<RunConfigInput> = {}): Promise<Drawn> {
  const config = parseConfig({ ...findPreset(preset).config, ...change });
  const { networks } = await buildNetworks(config, GREY);
  const weights = namedWeights(networks);
  const layout = weightsLayout(weights);
  const flat = readWeights(weights, layout);
  const of = (name: string): Float32Array =>
    viewOf(
      flat,
      layout.slots.find((slot) => slot.name === name)!,
    );
  return { layout, flat, weights, of };
}

/** To compare: a difference of two long arrays takes minutes to print. */
function hashOf(values: Float32Array): string {
  return createHash("sha256").update(values).digest("hex");
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardDeviation(values: Float32Array): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length);
}
