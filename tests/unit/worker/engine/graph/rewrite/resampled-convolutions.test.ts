import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import type { Call, Program } from "../../../../../../shared/program/program.ts";
import { createGraphEngine } from "../../../../../../worker/engine/graph/graph-engine.ts";
import {
  REPEAT_PIXELS,
  withPixelBlocks,
} from "../../../../../../worker/engine/graph/rewrite/pixel-blocks.ts";
import { foldResampling } from "../../../../../../worker/engine/graph/rewrite/resampled-convolutions.ts";
import { removeDeadCalls } from "../../../../../../shared/program/optimize.ts";
import { type OracleCase, compareWithOracle, programOf } from "../../../../../support/oracle.ts";

const engine = createGraphEngine("");

type Image = tf.Tensor4D;
type Repeat = typeof repeated;
type Pad = "same" | "valid" | number;

const convolved = (x: tf.Tensor, w: tf.Tensor, pad: Pad = "same"): Image =>
  tf.conv2d(x as Image, w as tf.Tensor4D, 1, pad);
/** The gradient of tfjs's own resizing is wrong for more than one image: `byBroadcasting` is the oracle's. */
const repeated = (x: tf.Tensor, rows = 2, columns = rows): Image =>
  tf.image.resizeNearestNeighbor(x as Image, [x.shape[1]! * rows, x.shape[2]! * columns]);
const byBroadcasting = (x: tf.Tensor, rows = 2, columns = rows): Image => {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const spread = tf.reshape(x, [batch * height, 1, width, 1, channels]);
  const blocks = tf.add(spread, tf.zeros([1, rows, 1, columns, 1]));
  return tf.reshape(blocks, [batch, height * rows, width * columns, channels]);
};
const pooled = (x: tf.Tensor, rows = 2, columns = rows): Image =>
  tf.avgPool(x as Image, [rows, columns], [rows, columns], "valid");

interface Resampling extends Pick<OracleCase, "name" | "inputs"> {
  readonly f: (repeat: Repeat) => OracleCase["f"];
}

const CASES: readonly Resampling[] = [
  { name: "3×3 of doubled pixels", inputs: [[2, 4, 6, 3], [3, 3, 3, 5]], f: (repeat) => (x, w) => convolved(repeat(x), w) },
  { name: "3×3, then the mean of 2×2", inputs: [[2, 8, 6, 3], [3, 3, 3, 5]], f: () => (x, w) => pooled(convolved(x, w)) },
  {
    name: "3×3 and a bias, then the mean of 2×2",
    inputs: [[2, 8, 6, 3], [3, 3, 3, 5], [5]],
    f: () => (x, w, b) => pooled(tf.add(convolved(x, w), b)),
  },
  { name: "5×5 of pixels tripled down and doubled across", inputs: [[2, 3, 4, 6], [5, 5, 6, 5]], f: (repeat) => (x, w) => convolved(repeat(x, 3, 2), w) },
  { name: "5×2, then the mean of 3×2", inputs: [[1, 9, 8, 6], [5, 2, 6, 5]], f: () => (x, w) => pooled(convolved(x, w), 3, 2) },
  { name: "2×2 of doubled pixels, padded behind", inputs: [[2, 4, 4, 5], [2, 2, 5, 6]], f: (repeat) => (x, w) => convolved(repeat(x), w) },
  { name: "3×3 without padding of doubled pixels", inputs: [[2, 5, 4, 5], [3, 3, 5, 6]], f: (repeat) => (x, w) => convolved(repeat(x), w, "valid") },
  { name: "3×3 without padding, then the mean of 2×2", inputs: [[2, 10, 8, 5], [3, 3, 5, 6]], f: () => (x, w) => pooled(convolved(x, w, "valid")) },
  { name: "3×3 padded by 2, then the mean of 2×2", inputs: [[2, 6, 8, 5], [3, 3, 5, 6]], f: () => (x, w) => pooled(convolved(x, w, 2)) },
  {
    name: "both in one block, from one channel to one",
    inputs: [[2, 4, 4, 1], [3, 3, 1, 8], [3, 3, 8, 1]],
    f: (repeat) => (x, w, v) => pooled(convolved(tf.relu(convolved(repeat(x), w)), v)),
  },
]; // prettier-ignore

const FOLDED: readonly OracleCase[] = CASES.map(({ name, inputs, f }) => ({
  name,
  inputs,
  f: f(repeated),
  gradient: f(byBroadcasting),
}));

/** Kernels of the program that convolve at full resolution, and additions of zeros that repeat pixels. */
function remaining(program: Program): string[] {
  const isStride1 = ({ attributes }: Call): boolean =>
    String(attributes["strides"]) === "1" || String(attributes["strides"]) === "1,1";
  const isRepeat = ({ kernel, outputs }: Call): boolean =>
    kernel === REPEAT_PIXELS || (kernel === "Add" && program.values[outputs[0]].shape.length === 5);
  return program.calls
    .filter((call) => (call.kernel.startsWith("Conv2D") && isStride1(call)) || isRepeat(call))
    .map(({ kernel }) => kernel);
}

describe.each(FOLDED)("$name", (one) => {
  test("is a strided convolution, forward and in both gradients", async () => {
    const program = await programOf(one);
    expect(remaining(program).length).toBeGreaterThan(2);
    expect(remaining(removeDeadCalls(foldResampling(withPixelBlocks(program))))).toEqual([]);
  });

  test("agrees with eager tfjs, with all its gradients", async () => {
    const { errors } = await compareWithOracle(engine, one);
    expect(Object.keys(errors).length).toBe(one.inputs.length + 1);
    for (const error of Object.values(errors)) expect(error).toBeLessThan(1e-5);
  });
});

const LEFT: readonly OracleCase[] = [
  {
    name: "a result that is read before it is pooled as well",
    inputs: [[2, 8, 6, 3], [3, 3, 3, 3]],
    f: (x, w) => {
      const y = convolved(x, w);
      return tf.add(pooled(y), tf.slice(y, [0, 0, 0, 0], [2, 4, 3, 3]));
    },
    gradient: false,
  },
  { name: "one tap, which is cheaper on the small image", inputs: [[2, 4, 4, 3], [1, 1, 3, 5]], f: (x, w) => convolved(repeated(x), w), gradient: false },
  { name: "means of windows that overlap", inputs: [[2, 8, 8, 3], [3, 3, 3, 5]], f: (x, w) => tf.avgPool(convolved(x, w), 3, 2, "same"), gradient: false },
  { name: "blocks larger than 4", inputs: [[1, 2, 2, 3], [3, 3, 3, 5]], f: (x, w) => convolved(repeated(x, 5), w), gradient: false },
  {
    name: "a convolution that has a stride itself",
    inputs: [[2, 4, 4, 3], [3, 3, 3, 5]],
    f: (x, w) => tf.conv2d(repeated(x), w as tf.Tensor4D, 2, "same"),
    gradient: false,
  },
  {
    name: "a bias for each place",
    inputs: [[2, 8, 8, 3], [3, 3, 3, 5], [8, 8, 5]],
    f: (x, w, b) => pooled(tf.add(convolved(x, w), b)),
    gradient: false,
  },
]; // prettier-ignore

test.each(LEFT)("$name is left as it is", async (one) => {
  const program = removeDeadCalls(withPixelBlocks(await programOf(one)));
  expect(removeDeadCalls(foldResampling(program)).calls).toEqual(program.calls);
  const { errors } = await compareWithOracle(engine, one);
  expect(errors["result"]).toBeLessThan(1e-5);
});
