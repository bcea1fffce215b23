// Whole phases of every preset: the graph engine, the reference engine and eager tfjs agree.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import type { RunConfig } from "../../shared/config.ts";
import { buildNetworks } from "../../shared/models/networks.ts";
import { assignWeights, namedWeights } from "../../shared/models/weights.ts";
import type { Objective } from "../../shared/objectives/objective.ts";
import { type ShardInputs, objectiveOf, phasesOf } from "../../shared/objectives/phases.ts";
import { findPreset } from "../../shared/presets/presets.ts";
import { useCpuBackend } from "../../shared/program/cpu-backend.ts";
import type { Program } from "../../shared/program/program.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import { execute } from "../support/oracle.ts";
import { IMAGES, expectAgreement, setting } from "../support/preset-step.ts";

const graph = createGraphEngine("test");
const reference = createReferenceEngine();

describe("one step on the graph engine agrees with the reference engine", () => {
  test.each([
    ["digits", 2],
    ["mnist", 2],
    ["seed-cnn", 3],
    ["seed-gan", 1],
  ])("%s, %i samples", async (name, shard) => {
    const { programs, inputs } = await setting({
      ...findPreset(name).config,
      schedule: { kind: "simultaneous" },
      batch: shard,
      shard,
      sampleCount: 1,
    });
    const [actual, expected] = [
      await execute(graph, programs[0], inputs[0]),
      await execute(reference, programs[0], inputs[0]),
    ];
    expectAgreement(actual, expected);
    expect(Object.keys(actual).filter((output) => output.startsWith("gradient/")).length).toBeGreaterThan(5);
  });

  test("digits, a round of D and a round of G", async () => {
    const { programs, inputs } = await setting({
      ...findPreset("digits").config,
      schedule: { kind: "alternating" },
      batch: 2,
      shard: 2,
      sampleCount: 1,
    });
    expect(programs).toHaveLength(2);
    for (const [i, program] of programs.entries()) {
      expectAgreement(await execute(graph, program, inputs[i]), await execute(reference, program, inputs[i]));
    }
  });
});

describe("one step on the graph engine agrees with eager tfjs, nothing traced", () => {
  test.each(["digits", "seed-cnn"])("%s", async (name) => {
    const { config, programs, inputs } = await setting({
      ...findPreset(name).config,
      batch: 2,
      shard: 2,
      sampleCount: 1,
    });
    const actual = await execute(graph, programs[0], inputs[0]);
    const expected = await eagerStep(config, programs[0], inputs[0]);
    expectAgreement(actual, expected);
  });
});

/** The phase as a tfjs user would write it: variables, `tf.variableGrads`, moving statistics read back. */
async function eagerStep(
  config: RunConfig,
  program: Program,
  values: Record<string, Float32Array>,
): Promise<Record<string, Float32Array>> {
  const { networks } = await buildNetworks(config, IMAGES);
  const weights = namedWeights(networks);
  await useCpuBackend();
  const tensors = new Map(
    program.inputs.map(({ name, value }) => [
      name,
      tf.tensor(values[name].slice(), [...program.values[value].shape]),
    ]),
  );
  const restore = (): void =>
    assignWeights(
      weights.filter(({ name }) => tensors.has(name)),
      tensors,
    );
  const [phase] = phasesOf(config);
  const inputs = Object.fromEntries(tensors) as unknown as ShardInputs;
  const compute = (): Objective =>
    objectiveOf(phase, {
      networks,
      inputs,
      gradients: () => {
        throw new Error("eager tfjs has none");
      },
    });
  const outputs: Record<string, tf.Tensor> = {};

  restore();
  const { losses, metrics } = compute();
  for (const [name, metric] of Object.entries(metrics)) outputs[`metric/${name}`] = metric;
  for (const { name, trainable, variable } of weights)
    if (!trainable) outputs[name] = variable.read().clone();
  for (const [network, loss] of Object.entries(losses)) {
    outputs[`metric/loss/${network}`] = loss;
    restore();
    const trained = weights.filter((weight) => weight.network === network && weight.trainable);
    const variables = trained.map(({ variable }) => variable.read() as tf.Variable);
    const { grads } = tf.variableGrads(
      () => compute().losses[network as "generator"] as tf.Scalar,
      variables,
    );
    trained.forEach(({ name }, i) => (outputs[`gradient/${name}`] = grads[variables[i].name]));
  }
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, Float32Array.from(tensor.dataSync())]),
  );
}

test("G(z) is computed once for the losses of D and G", async () => {
  const { programs } = await setting({
    ...findPreset("seed-gan").config,
    schedule: { kind: "simultaneous" },
    batch: 1,
    shard: 1,
    sampleCount: 1,
  });
  // G has three transposed convolutions (each a Conv2DBackpropInput) and one convolution, whose input gradient is another.
  const forwardAndBack = programs[0].calls.filter(({ kernel }) => kernel === "Conv2DBackpropInput");
  expect(forwardAndBack).toHaveLength(4);
});

test("a program run twice gives the same bits", async () => {
  const { programs, inputs } = await setting({
    ...findPreset("digits").config,
    batch: 8,
    shard: 8,
    sampleCount: 1,
  });
  expect(await execute(graph, programs[0], inputs[0])).toEqual(await execute(graph, programs[0], inputs[0]));
});
