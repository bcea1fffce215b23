import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { arraysFor, type Program } from "../../../../../shared/program/program.ts";
import { type TraceContext, traceProgram } from "../../../../../coordinator/compiler/trace/trace.ts";
import { stream } from "../../../../../shared/random/random.ts";
import { createReferenceEngine } from "../../../../../worker/engine/reference-engine.ts";
import { withoutExplicitPadding } from "../../../../../worker/engine/tensorflow/explicit-padding.ts";
import { execute, relativeError } from "../../../../support/oracle.ts";

/** A convolution with both its gradients. */
function convolution(pad: number, strides: number): Promise<Program> {
  return traceProgram(({ input, gradients }: TraceContext) => {
    const sources = [input("x", [2, 7, 6, 3]), input("filter", [3, 3, 3, 4])];
    const [x, filter] = sources as tf.Tensor4D[];
    const result = tf.conv2d(x, filter, strides, pad);
    const [dx, dFilter] = gradients(tf.sum(tf.square(result)), sources);
    return { result, dx, dFilter };
  });
}

describe("a program without explicit padding computes the same", () => {
  test.each([
    [1, 1],
    [2, 2],
    [1, 3],
  ])("padding %i, stride %i", async (pad, strides) => {
    const program = await convolution(pad, strides);
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
