// Programs by the thousand: what was traced, prepared, run and disposed leaves nothing behind.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { parseConfig } from "../../../../shared/config/config.ts";
import { compileRun } from "../../../../coordinator/compiler/compile-run.ts";
import { traceProgram } from "../../../../coordinator/compiler/trace/trace.ts";
import type { Program } from "../../../../shared/program/program.ts";
import { createGraphEngine } from "../../../../worker/engine/graph/graph-engine.ts";
import { execute } from "../../../support/oracle.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** A step with a gradient, of another shape and with another constant for each number. */
function traceNumber(i: number): Promise<Program> {
  const [rows, inner] = [3 + (i % 97), 2 + (i % 89)];
  return traceProgram(({ input, gradients }) => {
    const [x, w] = [input("x", [rows, inner]), input("w", [inner, 7])];
    const loss = tf.mean(tf.tanh(tf.matMul(x, w)));
    return { gradient: tf.add(gradients(loss, [w])[0], i) };
  });
}

function residentBytes(): number {
  collect();
  return process.memoryUsage().rss;
}

/**
 * From the 300th program to the 1,000th, 3 MB were measured, the collector's slack; with every session of ONNX Runtime
 * kept it was 113 MB.
 */
const BOUND_BYTES = 40e6;

test("a thousand different programs, each prepared, run once and disposed, do not grow memory", async () => {
  const engine = createGraphEngine("test");
  const runOne = async (i: number): Promise<void> => {
    const program = await traceNumber(i);
    const inner = 2 + (i % 89);
    const inputs = {
      x: new Float32Array((3 + (i % 97)) * inner).fill(0.1),
      w: new Float32Array(inner * 7), // tanh′(0) = 1, so each element's gradient is the mean of x over the 7 columns
    };
    const { gradient } = await execute(engine, program, inputs);
    if (i % 100 === 0) for (const element of gradient) expect(element).toBeCloseTo(i + 0.1 / 7, 3);
  };
  for (let i = 0; i < 300; i++) await runOne(i);
  const before = residentBytes();
  const tensors = tf.memory().numTensors;
  for (let i = 300; i < 1000; i++) await runOne(i);
  expect(residentBytes() - before).toBeLessThan(BOUND_BYTES);
  expect(tf.memory().numTensors).toBe(tensors);
});

test("compiling a run leaves no tensor and no variable in tfjs, whether it succeeds or not", async () => {
  const config = parseConfig({
    model: { kind: "preset", name: "digits" },
    batch: 2,
    shard: 2,
    length: { kind: "steps", steps: 1 },
  });
  const held = (): [number, number] => [
    tf.memory().numTensors,
    Object.keys(tf.engine().state.registeredVariables).length,
  ];
  const before = held();
  await compileRun(config, { imageShape: [28, 28, 1], classes: 0 });
  await expect(compileRun(config, { imageShape: [2, 2, 1], classes: 0 })).rejects.toThrow("these are 2×2");
  expect(held()).toEqual(before);
});
