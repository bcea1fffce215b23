// Two traces are one step, or where they differ is told.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { differenceOf } from "../../../../../coordinator/compiler/trace/difference.ts";
import type { Program } from "../../../../../shared/program/program.ts";
import { type TraceContext, traceProgram } from "../../../../../coordinator/compiler/trace/trace.ts";

type Body = (x: tf.Tensor, context: TraceContext) => tf.Tensor;

const traced = (body: Body): Promise<Program> =>
  traceProgram((context) => ({ y: body(context.input("x", [2]), context) }));

test.each<[what: string, first: Body, second: Body]>([
  ["made from the same code", (x) => tf.mul(x, 3), (x) => tf.mul(x, 3)],
  ["whose constants come in another order", (x) => tf.add(tf.mul(x, tf.tensor1d([2, 3])), tf.tensor1d([4, 5])), (x) => { tf.add(x, tf.tensor1d([4, 5])); return tf.add(tf.mul(x, tf.tensor1d([2, 3])), tf.tensor1d([4, 5])); }],
  ["that differ in dead code only", (x) => tf.relu(x), (x) => { tf.mul(x, 7); return tf.relu(x); }],
])("programs %s are one", async (_what, first, second) => {
  expect(differenceOf(await traced(first), await traced(second))).toBeNull();
}); // prettier-ignore

test.each<[what: string, first: Body, second: Body, says: string]>([
  ["a number", (x) => tf.mul(x, 3), (x) => tf.mul(x, 4), "kernel Multiply computes with 3, and then with 4"],
  ["one element", (x) => tf.mul(x, tf.tensor1d([1, 2])), (x) => tf.mul(x, tf.tensor1d([1, 3])), "computes with 2, and then with 3"],
  ["a uniform tensor and one that is not", (x) => tf.mul(x, tf.tensor1d([1, 1])), (x) => tf.mul(x, tf.tensor1d([1, 3])), "computes with 1, and then with 3"],
  ["an attribute", (x) => tf.leakyRelu(x, 0.1), (x) => tf.leakyRelu(x, 0.2), "kernel LeakyRelu has alpha 0.1, and then 0.2"],
  ["an op", (x) => tf.relu(x), (x) => tf.tanh(x), "kernel Relu, and then kernel Tanh"],
  ["an operand", (x) => tf.sub(tf.relu(x), x), (x) => tf.sub(x, tf.relu(x)), "kernel Sub is given another value"],
  ["one op more", (x) => tf.relu(x), (x) => tf.tanh(tf.relu(x)), "kernel Tanh is called the second time only"],
  ["one op less", (x) => tf.tanh(tf.relu(x)), (x) => tf.relu(x), "kernel Tanh is called the first time only"],
  ["a random draw", (x) => tf.relu(x), (x, { input }) => tf.add(x, input("random/0", [2])), "input random/0 is there one time only"],
])("%s that differs is told", async (_what, first, second, says) => {
  expect(differenceOf(await traced(first), await traced(second))).toContain(says);
}); // prettier-ignore
