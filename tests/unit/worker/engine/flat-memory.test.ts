// A compiled step takes its memory once.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { TELLING_STEPS, growthOf } from "../../../../deploy/bench/growth.ts";
import { useCpuBackend } from "../../../../shared/program/cpu-backend.ts";
import { traceProgram } from "../../../../coordinator/compiler/trace/trace.ts";
import { createGraphEngine } from "../../../../worker/engine/graph/graph-engine.ts";

const [INPUTS, OUTPUTS, SAMPLES] = [4096, 2048, 4];
/** 33.6 MB. */
const MODEL_BYTES = INPUTS * OUTPUTS * Float32Array.BYTES_PER_ELEMENT;

test("a step on a model of 34 MB does not grow from run to run", async () => {
  await useCpuBackend();
  const program = await traceProgram((context) => {
    const x = context.input("x", [SAMPLES, INPUTS]);
    const w = context.input("w", [INPUTS, OUTPUTS]);
    const [gradient] = context.gradients(tf.sum(tf.square(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))), [w]); // prettier-ignore
    return { gradient };
  });
  const executable = await createGraphEngine("test").prepare(program, {
    inputs: { x: new Float32Array(SAMPLES * INPUTS).fill(1), w: new Float32Array(INPUTS * OUTPUTS) },
    outputs: { gradient: new Float32Array(INPUTS * OUTPUTS) },
  });
  const resident: number[] = [];
  for (let run = 0; run < TELLING_STEPS + 20; run++) {
    await executable.run();
    resident.push(process.memoryUsage.rss());
  }
  await executable.dispose();
  // ONNX Runtime's binding leaves a copy of the outputs to the garbage collector, which comes every few runs: a leak
  // would grow by the whole model a run.
  expect(growthOf(resident)).toBeLessThan(MODEL_BYTES / 4);
}, 60_000);
