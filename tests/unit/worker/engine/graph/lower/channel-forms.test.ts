// Arithmetic of images with numbers for each channel passes over the images as rarely as it can.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { sizeOf } from "../../../../../../shared/program/program.ts";
import { createGraphEngine } from "../../../../../../worker/engine/graph/graph-engine.ts";
import { lowerProgram } from "../../../../../../worker/engine/graph/lower/lower.ts";
import { valueTypes } from "../../../../../../worker/engine/graph/memory/value-shapes.ts";
import type { OnnxGraph } from "../../../../../../worker/engine/graph/onnx.ts";
import { type OracleCase, compareWithOracle, programOf } from "../../../../../support/oracle.ts";

const IMAGES = [4, 6, 6, 5];
const CHANNELS = [5];

/** As tf.layers normalizes while it trains. */
function normalized(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const { mean, variance } = tf.moments(x, axes);
  return tf.batchNorm(x, mean, variance, beta, gamma, 1e-3);
}

/** Operators that write an image of that size. */
function passesOf(graph: OnnxGraph, size: number): string[] {
  const types = valueTypes(graph);
  return graph.nodes
    .filter(
      ({ op, outputs }) =>
        op !== "Reshape" && op !== "Identity" && sizeOf(types.get(outputs[0])!.shape) === size,
    )
    .map(({ op }) => op);
}

async function expectAgreement(oracleCase: OracleCase): Promise<void> {
  const { errors } = await compareWithOracle(createGraphEngine("test"), oracleCase);
  for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(1e-5); // float32, as all kernels
}

test("batch normalization with a ReLU writes five images forward and seven back", async () => {
  const oracleCase: OracleCase = {
    name: "normalized",
    inputs: [IMAGES, CHANNELS, CHANNELS],
    f: (x, gamma, beta) => tf.relu(normalized(x, gamma, beta)),
  };
  const graph = lowerProgram(await programOf(oracleCase));
  // x - mean, its square, times gamma / deviation, plus beta, ReLU; then the ReLU's slope and dy times it, dy times what
  // is centered, the sum of both times their factors and of one number: 5 + 7.
  expect(passesOf(graph, sizeOf(IMAGES)).toSorted()).toEqual(
    ["Sub", "Mul", "Mul", "Add", "Relu", "HardSigmoid", "Mul", "Mul", "Mul", "Mul", "Add", "Add"].toSorted(),
  );
  await expectAgreement(oracleCase);
});

test("a bias before it writes no image more", async () => {
  const oracleCase: OracleCase = {
    name: "normalized, with a bias",
    inputs: [IMAGES, CHANNELS, CHANNELS, CHANNELS],
    f: (x, gamma, beta, bias) => tf.relu(normalized(tf.add(x, bias), gamma, beta)),
  };
  const forward: OracleCase = { ...oracleCase, gradient: false };
  expect(passesOf(lowerProgram(await programOf(forward)), sizeOf(IMAGES))).toHaveLength(5);
  expect(passesOf(lowerProgram(await programOf(oracleCase)), sizeOf(IMAGES))).toHaveLength(12);
  await expectAgreement(forward); // the bias has no gradient but roundings
});

test("vectors are normalized so too, and a mean far from zero loses no digits", async () => {
  const far = (x: tf.Tensor): tf.Tensor => tf.add(x, 30);
  await expectAgreement({ name: "vectors", inputs: [[7, 5], CHANNELS, CHANNELS], f: normalized });
  await expectAgreement({
    name: "far from zero",
    inputs: [IMAGES, CHANNELS, CHANNELS],
    f: (x, gamma, beta) => normalized(far(x), gamma, beta),
  });
});

test("biases, scales and sums of images are what they are one by one", async () => {
  await expectAgreement({
    name: "a residual sum of scaled images",
    inputs: [IMAGES, IMAGES, CHANNELS, CHANNELS],
    f: (x, y, scale, bias) => {
      const one = tf.sub(tf.div(x, tf.add(tf.square(scale), 1)), bias);
      const sum = tf.add(tf.neg(one), tf.mul(tf.add(y, bias), scale));
      return tf.add(tf.mul(tf.leakyRelu(sum, 0.2), tf.mul(one, y)), tf.mean(sum, [0, 1, 2]));
    },
  });
  await expectAgreement({
    name: "one number for all",
    inputs: [IMAGES, [], [1, 1, 1, 5]],
    f: (x, number, kept) =>
      tf.sub(tf.mul(tf.sub(x, kept), number), tf.mean(tf.mul(x, kept), [0, 1, 2], true)),
  });
});

test("gradients of ReLU and leaky ReLU compare nothing", async () => {
  for (const f of [(x: tf.Tensor) => tf.relu(x), (x: tf.Tensor) => tf.leakyRelu(x, 0.2)]) {
    const { nodes } = lowerProgram(await programOf({ inputs: [IMAGES], f }));
    expect(nodes.map(({ op }) => op)).not.toContain("Greater");
    await expectAgreement({ name: "slope", inputs: [IMAGES], f, values: "ties" }); // zeros among them
  }
});
