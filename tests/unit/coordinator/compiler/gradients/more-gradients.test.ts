// Edges of gradients: ties, overflow, zeros, indices; and that no recorded kernel is without a gradient by oversight.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers"; // registers tfjs's gradients
import { describe, expect, test } from "vitest";
import { COMPOSED } from "../../../../../coordinator/compiler/trace/composed-kernels.ts";
import { MORE_GRADIENTS } from "../../../../../coordinator/compiler/gradients/more-gradients.ts";
import { SHAPES } from "../../../../../shared/program/shapes.ts";
import { type TraceContext, traceProgram } from "../../../../../coordinator/compiler/trace/trace.ts";
import { createGraphEngine } from "../../../../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../../../../worker/engine/reference-engine.ts";
import { execute } from "../../../../support/oracle.ts";

describe.each([
  ["graph", createGraphEngine("test")],
  ["reference", createReferenceEngine()],
])("engine %s", (_name, engine) => {
  const derivatives = async (f: (x: tf.Tensor) => tf.Tensor, x: number[]): Promise<[number[], number[]]> => {
    const program = await traceProgram(({ input, gradients }: TraceContext) => {
      const source = input("x", [x.length]);
      const [first] = gradients(tf.sum(f(source)), [source]);
      return { first, second: gradients(tf.sum(tf.square(first)), [source])[0] };
    });
    const { first, second } = await execute(engine, program, { x: Float32Array.from(x) });
    return [[...first], [...second]];
  };

  test("max pooling: equals go to the first in row-major order, in the second derivative too", async () => {
    // windows [5 5], [5 1] of stride 1: the first 5 wins the first window, the second 5 the other; y = Σ max²
    const pooled = (x: tf.Tensor): tf.Tensor => {
      const row: tf.Tensor4D = tf.reshape(x, [1, 1, 3, 1]);
      return tf.square(tf.maxPool(row, [1, 2], 1, "valid"));
    };
    // first derivative 2 · 5 each; of its squares, Σ (2 x)²: 8 x = 40 each
    expect(await derivatives(pooled, [5, 5, 1])).toEqual([[10, 10, 0], [40, 40, 0]]); // prettier-ignore
  });

  test("max over an axis: every one of equals gets all, as in tfjs", async () => {
    const [first] = await derivatives((x) => tf.square(tf.max(x)), [3, 1, 3]);
    expect(first).toEqual([6, 0, 6]);
  });

  test("prod with one zero and with two", async () => {
    expect((await derivatives((x) => tf.prod(x), [2, 0, 3]))[0]).toEqual([0, 6, 0]);
    expect((await derivatives((x) => tf.prod(x), [0, 0, 3]))[0]).toEqual([0, 0, 0]);
  });

  test("selu and elu far out, where exp(x) is infinite", async () => {
    const [first, second] = await derivatives((x) => tf.add(tf.selu(x), tf.elu(x)), [200, -200]);
    expect(first[0]).toBeCloseTo(1.0507 + 1, 3);
    expect([first[1], ...second]).toEqual([0, 0, 0]);
  });

  test("powers of zero", async () => {
    expect(await derivatives((x) => tf.pow(x, tf.scalar(2)), [0, 3])).toEqual([[0, 6], [0, 24]]); // prettier-ignore
  });

  test("nothing flows back to indices", async () => {
    const program = await traceProgram(({ input, gradients }) => {
      const [table, places] = [input("table", [3]), input("places", [2])];
      const rows = tf.gather(table, tf.cast(places, "int32"));
      const [toTable, toPlaces] = gradients(tf.sum(tf.square(rows)), [table, places]);
      return { toTable, toPlaces };
    });
    const inputs = { table: Float32Array.of(1, 2, 3), places: Float32Array.of(2, 2) };
    const { toTable, toPlaces } = await execute(engine, program, inputs);
    expect([...toTable]).toEqual([0, 0, 12]); // 2 · 3, twice
    expect([...toPlaces]).toEqual([0, 0]);
  });
});

/** Recorded, and without a gradient on purpose. */
const WITHOUT = ["MaxPoolWithArgmax", "TensorScatterUpdate"];

test("every recorded kernel has a gradient, a few aside", () => {
  const lacking = [...SHAPES.keys()].filter(
    (kernel) => !MORE_GRADIENTS.has(kernel) && !tf.getGradient(kernel),
  );
  expect(lacking.sort()).toEqual(WITHOUT);
});

test("no gradient is registered for a kernel that is never recorded", () => {
  const recorded = new Set(SHAPES.keys());
  expect([...MORE_GRADIENTS.keys()].filter((kernel) => !recorded.has(kernel))).toEqual([]);
  const always = ["MirrorPad", "AvgPoolGrad", "ResizeBilinear", "GatherNd"]; // composed, whatever the attributes
  expect(always.filter((kernel) => MORE_GRADIENTS.has(kernel) || !COMPOSED.has(kernel))).toEqual([]);
});
