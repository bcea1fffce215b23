// WebGPU, on a GPU in software: every kernel against eager tfjs, whole phases against the CPU.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { findPreset } from "../../shared/config/presets.ts";
import { arraysFor } from "../../shared/program/program.ts";
import { byNetwork } from "../../shared/protocol/slot-names.ts";
import { traceProgram } from "../../coordinator/compiler/trace/trace.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { openEngine } from "../../worker/engine/open-engine.ts";
import { FIXED } from "../support/kernel-cases/all.ts";
import { compareWithOracle, execute } from "../support/oracle.ts";
import { relativeError } from "../support/relative-error.ts";
import { expectAgreement, setting } from "../support/preset-step.ts";
import { findSoftwareGpu } from "../support/software-gpu.ts";

/** As on the CPU: float32 has 24 bits, sums of some hundred products in another order lose two digits. */
const TOLERANCE = 1e-5;
/** The provider dispatches no empty work: it says so, and no training step has any. */
const REFUSED = new Set([
  "softmax of no rows",
  "conv2d of no samples",
  "depthwiseConv2d of no samples",
  "maxPool of no samples",
  "avgPool of no samples",
]);

/** Whole networks, forward and back: a gradient that almost cancels loses digits first. */
const PHASE_TOLERANCE = 1e-4;

const adapter = findSoftwareGpu("WebGPU's kernels were");
const webgpu = adapter === null ? null : await openEngine({ engine: "graph", device: "webgpu", adapter });

describe.skipIf(webgpu === null)("over WebGPU", () => {
  test("the node says what it computes on", () => {
    expect(webgpu!.device).toBe("webgpu (swiftshader)");
    expect(webgpu!.numerics).toMatch(/^onnxruntime [\d.]+, lowering \d+, swiftshader$/);
  });

  test("steady inputs stay on the GPU, as they were, until they are refreshed", async () => {
    const program = await traceProgram((context) => ({
      y: tf.add(context.input("weights", [3]), context.input("samples", [3])),
    }));
    const inputs = { weights: Float32Array.of(10, 20, 30), samples: Float32Array.of(1, 2, 3) };
    const outputs = { y: new Float32Array(3) };
    const executable = await webgpu!.prepare(program, { inputs, outputs, steady: [["weights"]] });
    await executable.run();
    expect(outputs.y).toEqual(Float32Array.of(11, 22, 33));
    inputs.weights.fill(0);
    inputs.samples.fill(5);
    await executable.run();
    expect(outputs.y).toEqual(Float32Array.of(15, 25, 35)); // new samples, the weights of before
    executable.refresh!();
    await executable.run();
    expect(outputs.y).toEqual(Float32Array.of(5, 5, 5));
    await executable.dispose();
  });

  describe("a traced and lowered function agrees with eager tfjs", () => {
    const computed = FIXED.filter((oracleCase) => !REFUSED.has(oracleCase.name));
    test.each(computed.map((oracleCase) => [oracleCase.name, oracleCase] as const))(
      "%s",
      async (_name, oracleCase) => {
        const { errors } = await compareWithOracle(webgpu!, oracleCase);
        for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(TOLERANCE);
      },
    );

    const refused = FIXED.filter((oracleCase) => REFUSED.has(oracleCase.name));
    test.each(refused.map((oracleCase) => [oracleCase.name, oracleCase] as const))(
      "or is refused: %s",
      async (_name, oracleCase) => {
        await expect(compareWithOracle(webgpu!, oracleCase)).rejects.toThrow("Invalid dispatch group size");
      },
    );
  });

  test.each([
    ["digits", 2],
    ["mnist", 2],
    ["seed-cnn", 2],
    ["seed-gan", 1],
  ])("a phase of %s, %i samples, agrees with the CPU, which agrees with eager tfjs", async (name, shard) => {
    const { programs, inputs } = await setting({
      ...findPreset(name).config,
      schedule: { kind: "simultaneous" },
      batch: shard,
      shard,
      sampleCount: 1,
    });
    const actual = await execute(webgpu!, programs[0], inputs[0]);
    const expected = await execute(createGraphEngine("test"), programs[0], inputs[0]);
    const errors = Object.entries(expected).map(
      ([port, array]) => [port, relativeError(actual[port], array)] as const,
    );
    expect(errors.length).toBeGreaterThan(5);
    for (const [port, error] of errors) expect(error, port).toBeLessThan(PHASE_TOLERANCE);
    const worst = Math.max(...errors.map(([, error]) => error));
    process.stdout.write(`${name} over WebGPU: worst relative error ${worst.toExponential(1)}\n`);
  });

  test("a step whose weights stay on the GPU, with what follows from them, is the step of weights that are read anew", async () => {
    const { programs, inputs: all } = await setting(
      {
        model: { kind: "preset", name: "resnet", filters: 4, spectralNorm: "discriminator" },
        batch: 2,
        shard: 2,
        sampleCount: 1,
        length: { kind: "steps", steps: 1 },
      },
      { imageShape: [8, 8, 1], classes: 0 },
    );
    const [program, inputs] = [programs[0], all[0]];
    const steady = byNetwork(Object.keys(inputs).filter((name) => name.includes("/")));
    const outputs = arraysFor(program, program.outputs);
    const executable = await webgpu!.prepare(program, { inputs, outputs, steady });
    for (const factor of [1, 0.5]) {
      for (const name of steady.flat()) inputs[name].set(inputs[name].map((weight) => weight * factor));
      executable.refresh!(new Set(steady.flat()));
      await executable.run();
      expectAgreement(outputs, await execute(webgpu!, program, inputs));
    }
    await executable.dispose();
  });
});
