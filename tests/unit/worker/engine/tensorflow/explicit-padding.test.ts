import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { arraysFor, type Program } from "../../../../../shared/program/program.ts";
import { groupedConv2d } from "../../../../../shared/program/grouped-convolution.ts";
import { type TraceContext, traceProgram } from "../../../../../coordinator/compiler/trace/trace.ts";
import { stream } from "../../../../../shared/random/random.ts";
import { createReferenceEngine } from "../../../../../worker/engine/reference-engine.ts";
import { withoutExplicitPadding } from "../../../../../worker/engine/tensorflow/explicit-padding.ts";
import { execute } from "../../../../support/oracle.ts";
import { relativeError } from "../../../../support/relative-error.ts";

type Convolve = (x: tf.Tensor, filter: tf.Tensor, strides: number, pad: number) => tf.Tensor;

/** A convolution with both its gradients; the filter sees some of four channels. */
function convolution(convolve: Convolve, channels: number, pad: number, strides: number): Promise<Program> {
  return traceProgram(({ input, gradients }: TraceContext) => {
    const sources = [input("x", [2, 7, 6, 4]), input("filter", [3, 3, channels, 4])];
    const result = convolve(sources[0], sources[1], strides, pad);
    const [dx, dFilter] = gradients(tf.sum(tf.square(result)), sources);
    return { result, dx, dFilter };
  });
}

describe("a program without explicit padding computes the same", () => {
  const plain: Convolve = (x, filter, strides, pad) =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad);
  const grouped: Convolve = (x, filter, strides, padding) => groupedConv2d(x, filter, { strides, padding });
  test.each([
    ["plain", 1, 1, plain, 4],
    ["plain", 2, 2, plain, 4],
    ["plain", 1, 3, plain, 4],
    ["in two groups", 1, 1, grouped, 2],
    ["in two groups", 2, 2, grouped, 2],
  ] as const)("%s, padding %i, stride %i", async (_kind, pad, strides, convolve, channels) => {
    const program = await convolution(convolve, channels, pad, strides);
    const rewritten = withoutExplicitPadding(program);
    for (const { attributes } of rewritten.calls) expect([undefined, "valid"]).toContain(attributes["pad"]);
    const inputs = arraysFor(program, program.inputs);
    for (const [name, array] of Object.entries(inputs)) stream(3, name).fillNormal(array);
    const engine = createReferenceEngine();
    const expected = await execute(engine, program, inputs);
    const actual = await execute(engine, rewritten, inputs);
    // The same products are added in the same order, but for zeros.
    for (const [name, array] of Object.entries(expected))
      expect(relativeError(actual[name], array), name).toBeLessThan(1e-6);
  });
});

test("a program that needs none is left as it is", async () => {
  const program = await traceProgram(({ input }) => ({
    y: tf.conv2d(input("x", [1, 4, 4, 1]) as tf.Tensor4D, input("f", [2, 2, 1, 1]) as tf.Tensor4D, 1, "same"),
  }));
  expect(withoutExplicitPadding(program)).toEqual(program);
});

test("padded pooling is refused by name", async () => {
  const pooled = await traceProgram(({ input }) => ({
    y: tf.maxPool(input("x", [1, 4, 4, 1]) as tf.Tensor4D, 2, 2, 1),
  }));
  expect(() => withoutExplicitPadding(pooled)).toThrow(/no MaxPool with padding 1.*"same" or "valid"/);
});
