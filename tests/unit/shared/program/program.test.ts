// Programs as data: encoded, hashed, made smaller.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { GanglionError } from "../../../../shared/errors.ts";
import { optimizeProgram } from "../../../../shared/program/optimize.ts";
import { decodeProgram, encodeProgram, programHash } from "../../../../shared/program/program.ts";
import {
  type TraceContext,
  recordProgram,
  traceProgram,
} from "../../../../coordinator/compiler/trace/trace.ts";

const kernels = (program: { calls: readonly { kernel: string }[] }): string[] =>
  program.calls.map(({ kernel }) => kernel);

/** y = tanh(clip(x · w, 0, ∞) + c), with a constant matrix. */
function body(context: TraceContext): Record<string, tf.Tensor> {
  const x = context.input("x", [2, 3]);
  const w = context.input("w", [3, 2]);
  const clipped = tf.clipByValue(tf.matMul(x, w), 0, Number.POSITIVE_INFINITY);
  return { y: tf.tanh(tf.add(clipped, tf.tensor2d([[1, 2], [3, 4]]))) }; // prettier-ignore
}

describe("encoding", () => {
  test("gives back the same program, also what JSON has no word for", async () => {
    const program = await traceProgram(body);
    expect(decodeProgram(encodeProgram(program))).toEqual(program);
    expect(program.calls.find(({ kernel }) => kernel === "ClipByValue")!.attributes["clipValueMax"]).toBe(
      Infinity,
    );
  });

  test("gives equal steps equal hashes, whatever was traced before", async () => {
    const first = programHash(encodeProgram(await traceProgram(body)));
    await traceProgram((context) => ({ y: tf.square(context.input("x", [7])) }));
    expect(programHash(encodeProgram(await traceProgram(body)))).toBe(first);
    const other = await traceProgram((context) => ({ y: tf.tanh(context.input("x", [2, 3])) }));
    expect(programHash(encodeProgram(other))).not.toBe(first);
  });

  test("refuses bytes that are no program", async () => {
    const encoded = encodeProgram(await traceProgram(body));
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array(100),
      encoded.subarray(0, encoded.length - 1),
      encoded.subarray(1),
    ]) {
      expect(() => decodeProgram(bytes)).toThrowError(GanglionError);
    }
  });
});

describe("optimizing", () => {
  test("makes a common subexpression once and drops what no output needs", async () => {
    const program = await recordProgram((context) => {
      const x = context.input("x", [4]);
      tf.exp(x); // dead
      return { y: tf.add(tf.sin(x), tf.mul(tf.sin(x), tf.scalar(2))) };
    });
    expect(kernels(program)).toEqual(["Exp", "Sin", "Sin", "Multiply", "Add"]);
    expect(kernels(optimizeProgram(program))).toEqual(["Sin", "Multiply", "Add"]);
  });

  test("does not take calls with other attributes for the same", async () => {
    const program = await traceProgram((context) => {
      const x = context.input("x", [4]);
      const [low, high] = [tf.clipByValue(x, 0, Infinity), tf.clipByValue(x, 0, 1)];
      return { y: tf.add(tf.add(low, high), tf.clipByValue(x, -Infinity, 0)) };
    });
    expect(kernels(program).filter((kernel) => kernel === "ClipByValue")).toHaveLength(3);
  });

  test("leaves out an input that is not used, and keeps a constant as one element where all are equal", async () => {
    const program = await traceProgram((context) => {
      context.input("unused", [3]);
      return { y: tf.mul(context.input("x", [100]), tf.fill([100], 3)) };
    });
    expect(program.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(program.constants.map(({ data }) => [...data])).toEqual([[3]]);
  });
});
