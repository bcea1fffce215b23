// What tracing refuses, and the gradients it takes.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";
import { type TraceContext, traceProgram } from "../../../../../coordinator/compiler/trace/trace.ts";
import { createGraphEngine } from "../../../../../worker/engine/graph/graph-engine.ts";
import { execute } from "../../../../support/oracle.ts";

const engine = createGraphEngine("test");

/** Traces f of one vector and runs it. */
async function valueOf(
  f: (x: tf.Tensor, context: TraceContext) => tf.Tensor,
  x: number[],
): Promise<number[]> {
  const program = await traceProgram((context) => ({ y: f(context.input("x", [x.length]), context) }));
  const { y } = await execute(engine, program, { x: Float32Array.from(x) });
  return [...y];
}

const traceOf = (f: (x: tf.Tensor, context: TraceContext) => tf.Tensor): Promise<unknown> =>
  traceProgram((context) => ({ y: f(context.input("x", [2, 3]), context) }));

describe("refuses, naming the op and the layer,", () => {
  test("to read a value that is not there yet", async () => {
    await expect(traceOf((x) => tf.mul(x, tf.sum(x).dataSync()[0]))).rejects.toMatchObject({
      code: "TRACE",
      message: expect.stringContaining("reads a value"),
    });
  });

  test("to wait for a value that never comes, and fails no promise that nobody may await", async () => {
    const reads: Promise<unknown>[] = [];
    const trace = traceOf((x) => {
      reads.push(x.data());
      return tf.neg(x);
    });
    await expect(trace).rejects.toMatchObject({ code: "TRACE", message: expect.stringContaining("reads a") });
    expect(await Promise.race([...reads, Promise.resolve("pending")])).toBe("pending");
  });

  test("to bake random numbers in", async () => {
    // not through a context's tf: this op draws on the host, once
    await expect(traceOf((x) => tf.add(x, tf.randomNormal([2, 3])))).rejects.toMatchObject({
      code: "TRACE",
      message: expect.stringContaining("randomNormal inside a step would repeat the same values"),
    });
    await expect(traceOf((x) => tf.add(x, tf.randomGamma([2, 3], 1)))).rejects.toMatchObject({
      code: "TRACE",
    });
  });

  test("a kernel that cannot be part of a step, with the reason", async () => {
    await expect(traceOf((x) => tf.unique(x).values)).rejects.toMatchObject({
      code: "UNSUPPORTED_KERNEL",
      message: expect.stringMatching(/kernel Unique, called by unique.*a step has fixed shapes/),
    });
  });

  test("complex numbers and other types that have no place in a step", async () => {
    await expect(traceOf((x) => tf.complex(x, x))).rejects.toMatchObject({
      code: "UNSUPPORTED_KERNEL",
      message: expect.stringContaining("kernel Complex, called by complex, cannot be part of a step"),
    });
    await expect(traceOf((x) => tf.cast(x, "complex64"))).rejects.toMatchObject({
      code: "TRACE",
      message: expect.stringContaining("a complex64 tensor cannot be part of a step"),
    });
  });

  test("windows that overhang the image", async () => {
    const image = (x: tf.Tensor): tf.Tensor4D => tf.reshape(tf.tile(x, [1, 2]), [1, 3, 4, 1]);
    await expect(traceOf((x) => tf.maxPool(image(x), 2, 2, 0, "ceil"))).rejects.toMatchObject({
      code: "UNSUPPORTED_KERNEL",
      message: expect.stringContaining("windows over 4 x 4 pixels overhang a padded image of 3 x 4"),
    });
  });

  test("a kernel that the graph engine cannot run", async () => {
    const program = await traceProgram((context) => ({ y: tf.relu(context.input("x", [3])) }));
    const calls = program.calls.map((call) => ({ ...call, kernel: "Dilation2D" }));
    await expect(execute(engine, { ...program, calls }, { x: new Float32Array(3) })).rejects.toMatchObject({
      code: "UNSUPPORTED_KERNEL",
      message: expect.stringMatching(/kernel Dilation2D.*--engine reference/),
    });
  });

  test("a loss that is no scalar", async () => {
    await expect(traceOf((x, context) => context.gradients(x, [x])[0])).rejects.toMatchObject({
      code: "TRACE",
    });
  });

  test("shapes that do not meet, in the layer where they do not", async () => {
    await useCpuBackend();
    const model = tfl.sequential({
      layers: [tfl.layers.dense({ units: 1, inputShape: [4], name: "narrow" })],
    });
    await expect(traceOf((x) => model.apply(x) as tf.Tensor)).rejects.toMatchObject({
      code: "MODEL",
      message: expect.stringContaining("narrow"),
    });
  });
});

describe("gradients", () => {
  const x = 0.5;
  const t = Math.tanh(x);
  const s = 1 / (1 + Math.exp(-x));
  // f″ in closed form; nested tf.grad gets those of ops that save their output wrong
  test.each<[string, (x: tf.Tensor) => tf.Tensor, number]>([
    ["tanh", tf.tanh, -2 * t * (1 - t * t)],
    ["sigmoid", tf.sigmoid, s * (1 - s) * (1 - 2 * s)],
    ["softplus", tf.softplus, s * (1 - s)],
    ["exp", tf.exp, Math.exp(x)],
    ["sqrt", tf.sqrt, -0.25 * x ** -1.5],
    ["log", tf.log, -1 / x ** 2],
    ["square", tf.square, 2],
    ["leakyRelu", (y) => tf.leakyRelu(tf.square(y), 0.2), 2],
  ])("of a gradient: the second derivative of %s", async (_name, f, expected) => {
    const second = (y: tf.Tensor, { gradients }: TraceContext): tf.Tensor =>
      gradients(tf.sum(gradients(tf.sum(f(y)), [y])[0]), [y])[0];
    expect((await valueOf(second, [x]))[0]).toBeCloseTo(expected, 5);
  });

  test("are zeros for what the loss does not depend on", async () => {
    const program = await traceProgram((context) => {
      const [a, b] = [context.input("a", [2]), context.input("b", [3])];
      return { y: context.gradients(tf.sum(tf.square(a)), [b])[0] };
    });
    expect([
      ...(await execute(engine, program, { a: Float32Array.of(1, 2), b: new Float32Array(3) }))["y"],
    ]).toEqual([0, 0, 0]);
  });

  test("are summed over broadcast axes where tfjs forgets to: max(x, c) with one c for all", async () => {
    const program = await traceProgram((context) => {
      const [a, c] = [context.input("a", [4]), context.input("c", [1])];
      return { y: context.gradients(tf.sum(tf.maximum(a, c)), [c])[0] };
    });
    const inputs = { a: Float32Array.of(-1, 0, 1, 2), c: Float32Array.of(0.5) };
    expect([...(await execute(engine, program, inputs))["y"]]).toEqual([2]); // c wins twice
  });
});

test("a tensor made outside serves as a constant in several traces and is still readable", async () => {
  await useCpuBackend();
  const outside = tf.tensor1d([10, 20]);
  expect(await valueOf((y) => tf.add(y, outside), [1, 2])).toEqual([11, 22]);
  expect(await valueOf((y) => tf.mul(y, outside), [1, 2])).toEqual([10, 40]);
  expect([...outside.dataSync()]).toEqual([10, 20]);
});
