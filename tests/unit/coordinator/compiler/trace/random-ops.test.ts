// Random ops in a traced step: inputs with a distribution, drawn from the run's seed, never twice the same.
import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { tensorflow } from "../../../../../coordinator/compiler/models/users/model-context.ts";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";
import { type Program, decodeProgram, encodeProgram, sizeOf } from "../../../../../shared/program/program.ts";
import { fillRandomInputs } from "../../../../../shared/program/random-inputs.ts";
import { traceProgram } from "../../../../../coordinator/compiler/trace/trace.ts";
import { createGraphEngine } from "../../../../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../../../../worker/engine/reference-engine.ts";
import { execute } from "../../../../support/oracle.ts";

const graph = createGraphEngine("test");
const context = tensorflow();

const trace = (f: (x: tf.Tensor) => tf.Tensor, shape: number[]): Promise<Program> =>
  traceProgram(({ input }) => ({ y: f(input("x", shape)) }));

/** The outputs for x all ones, with the random numbers of (seed, step). */
async function run(program: Program, seed: number, step: number, engine = graph): Promise<number[]> {
  const inputs = Object.fromEntries(
    program.inputs.map(({ name, value }) => [
      name,
      new Float32Array(sizeOf(program.values[value].shape)).fill(1),
    ]),
  );
  fillRandomInputs(program, inputs, seed, ["op", step, 0, 0]);
  return [...(await execute(engine, program, inputs))["y"]];
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

describe("a random op of the context's tf becomes an input", () => {
  test.each<[string, (shape: number[]) => tf.Tensor, string, number, number]>([
    // name, op, distribution, mean, standard deviation: (b - a)/√12 for a uniform one
    ["randomUniform", (shape) => context.randomUniform(shape, -1, 3), "uniform", 1, 4 / Math.sqrt(12)],
    ["randomNormal", (shape) => context.randomNormal(shape, 5, 2), "normal", 5, 2],
    ["randomStandardNormal", (shape) => context.randomStandardNormal(shape), "normal", 0, 1],
    // within two deviations a standard normal distribution keeps a deviation of 0.8796
    ["truncatedNormal", (shape) => context.truncatedNormal(shape, 1, 0.5), "truncated normal", 1, 0.4398],
    // 2, 3, 4 or 5: √((4² - 1) / 12)
    [
      "randomUniformInt",
      (shape) => context.cast(context.randomUniformInt(shape, 2, 6), "float32"),
      "uniform",
      3.5,
      Math.sqrt(15 / 12),
    ],
  ])("%s", async (_name, op, distribution, expectedMean, expectedDeviation) => {
    const program = await trace((x) => context.mul(x, op([100, 100])), [100, 100]);
    expect(program.inputs.map(({ name, random }) => [name, random])).toContainEqual([
      "random/0",
      distribution,
    ]);
    const values = await run(program, 1, 0);
    // 10,000 draws: the mean is within 4 σ/100 for all but one seed in 16,000, the deviation likewise
    expect(Math.abs(mean(values) - expectedMean)).toBeLessThan(0.04 * expectedDeviation);
    expect(Math.abs(deviation(values) / expectedDeviation - 1)).toBeLessThan(0.04);
  });

  test("whose distribution is part of the encoded program", async () => {
    const program = await trace((x) => context.mul(x, context.randomNormal([2])), [2]);
    expect(decodeProgram(encodeProgram(program)).inputs).toEqual(program.inputs);
  });

  test("two calls are two inputs, and one that nothing needs is none", async () => {
    const program = await trace(
      (x) => {
        context.randomNormal([7]);
        return context.add(context.mul(x, context.randomUniform([2])), context.randomUniform([2]));
      },
      [2],
    );
    const drawn = program.inputs.filter(({ random }) => random);
    expect(drawn.map(({ name }) => name)).toEqual(["random/1", "random/2"]);
  });
});

test("equal seeds and steps draw equal numbers, on both engines; other steps, seeds and ops draw others", async () => {
  const program = await trace(
    (x) => context.concat([context.mul(x, context.randomNormal([50])), context.randomNormal([50])]),
    [50],
  );
  const first = await run(program, 7, 3);
  expect(await run(program, 7, 3)).toEqual(first);
  expect(await run(program, 7, 3, createReferenceEngine())).toEqual(first);
  expect(await run(program, 7, 4)).not.toEqual(first);
  expect(await run(program, 8, 3)).not.toEqual(first);
  expect(first.slice(0, 50)).not.toEqual(first.slice(50));
});

describe("layers in training draw anew in every step", () => {
  test.each<[string, tfl.layers.Layer]>([
    ["dropout", tfl.layers.dropout({ rate: 0.25, seed: 3 })],
    ["gaussianNoise", tfl.layers.gaussianNoise({ stddev: 0.5 })],
    ["gaussianDropout", tfl.layers.gaussianDropout({ rate: 0.25 })],
    ["alphaDropout", tfl.layers.alphaDropout({ rate: 0.25 })],
  ])("%s", async (_name, layer) => {
    await useCpuBackend();
    const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [40] }), layer] });
    const program = await trace((x) => model.apply(x, { training: true }) as tf.Tensor, [30, 40]);
    expect(program.inputs.filter(({ random }) => random)).toHaveLength(1);
    expect(await run(program, 1, 0)).not.toEqual(await run(program, 1, 1));
    const idle = await trace((x) => model.apply(x, { training: false }) as tf.Tensor, [30, 40]);
    expect(idle.inputs).toHaveLength(1);
  });

  test("dropout keeps 3 of 4, scaled by 4/3, whatever seed the layer names", async () => {
    await useCpuBackend();
    const model = tfl.sequential({
      layers: [tfl.layers.dropout({ rate: 0.25, seed: 3, inputShape: [100] })],
    });
    const program = await trace((x) => model.apply(x, { training: true }) as tf.Tensor, [100, 100]);
    const values = await run(program, 1, 0);
    expect(new Set(values)).toEqual(new Set([0, Math.fround(4 / 3)]));
    expect(Math.abs(mean(values) - 1)).toBeLessThan(0.03); // σ = √(1/3) / 100 = 0.006
  });

  test("spatial dropout drops whole channels: one number for each sample and channel", async () => {
    await useCpuBackend();
    const layer = tfl.layers.dropout({ rate: 0.5, noiseShape: [8, 1, 1, 16] });
    const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [5, 5, 16] }), layer] });
    const program = await trace((x) => model.apply(x, { training: true }) as tf.Tensor, [8, 5, 5, 16]);
    const values = await run(program, 1, 0);
    for (let channel = 0; channel < 16; channel++) {
      const plane = values.filter((_, i) => i % 16 === channel && i < 5 * 5 * 16); // of sample 0
      expect(new Set(plane).size).toBe(1);
    }
    expect(new Set(values)).toEqual(new Set([0, 2]));
  });
});
