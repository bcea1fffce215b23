// A program cut in two gives the bits of the whole, and what is held is worth it.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";
import { type Program, arraysFor, sizeOf } from "../../../../../../shared/program/program.ts";
import { stream } from "../../../../../../shared/random/random.ts";
import { type TraceContext, traceProgram } from "../../../../../../coordinator/compiler/trace/trace.ts";
import { createGraphEngine } from "../../../../../../worker/engine/graph/graph-engine.ts";
import { inputName, lowerProgram } from "../../../../../../worker/engine/graph/lower/lower.ts";
import { ON_DEVICE, ON_HOST, type PrefixCosts } from "../../../../../../worker/engine/graph/prefix/cost.ts";
import { type Split, splitGraph } from "../../../../../../worker/engine/graph/prefix/split.ts";
import { CONVOLUTIONS } from "../../../../../support/kernel-cases/convolutions.ts";
import { ELEMENTWISE } from "../../../../../support/kernel-cases/elementwise.ts";
import { GROUPED_CONVOLUTIONS } from "../../../../../support/kernel-cases/grouped-convolutions.ts";
import { STRUCTURE } from "../../../../../support/kernel-cases/structure.ts";
import type { OracleCase } from "../../../../../support/oracle.ts";
import { setting } from "../../../../../support/preset-step.ts";
import { byNetwork } from "../../../../../../shared/protocol/slot-names.ts";

/** Whatever follows from steady inputs is held. */
const FREE: PrefixCosts = { ...ON_HOST, prefix: 0, heldValue: 0, heldElement: 0 };
const [whole, cut] = [createGraphEngine("test"), createGraphEngine("test", { costs: FREE })];

type Arrays = Record<string, Float32Array>;

async function outputsOf(
  engine: typeof whole,
  program: Program,
  inputs: Arrays,
  steady: string[][],
): Promise<Arrays> {
  const outputs = arraysFor(program, program.outputs);
  const executable = await engine.prepare(program, { inputs, outputs, steady });
  await executable.run();
  await executable.dispose();
  return outputs;
}

function split(program: Program, steady: readonly (readonly string[])[], costs = ON_HOST): Split {
  const groups = steady.map((names) => names.map(inputName));
  return splitGraph(lowerProgram(program), groups, costs);
}

function drawn(program: Program): Arrays {
  const inputs = arraysFor(program, program.inputs);
  for (const { name } of program.inputs) stream(1, "split", name).fillNormal(inputs[name]);
  return inputs;
}

/** The function and its gradients, without the oracle. */
async function trace({ inputs, f, gradient }: OracleCase): Promise<Program> {
  await useCpuBackend();
  return traceProgram((context) => {
    const sources = inputs.map((shape, i) => context.input(String(i), shape));
    const result = tf.cast(f(...sources), "float32");
    const gradients = gradient === false ? [] : context.gradients(tf.sum(tf.square(result)), sources);
    return { result, ...Object.fromEntries(gradients.map((tensor, i) => [`gradient ${i}`, tensor])) };
  });
}

test("a kernel's result and gradients have the same bits when one of its inputs is steady", async () => {
  const kernels = [...CONVOLUTIONS, ...GROUPED_CONVOLUTIONS, ...ELEMENTWISE, ...STRUCTURE];
  let held = 0;
  for (const kernel of kernels.filter(({ inputs }) => inputs.length > 1).filter((_, i) => i % 8 === 0)) {
    const program = await trace(kernel);
    const inputs = drawn(program);
    const expected = await outputsOf(whole, program, inputs, []);
    for (const { name } of program.inputs) {
      if (split(program, [[name]], FREE).prefixes.length === 0) continue;
      held++;
      expect(await outputsOf(cut, program, inputs, [[name]]), kernel.name).toEqual(expected);
    }
  }
  expect(held).toBeGreaterThan(5);
});

test("a GAN's step has the same bits with all that follows from its weights held, with one set of weights, another, and the first again", async () => {
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
  const weights = Object.keys(inputs).filter((name) => name.includes("/") && !name.startsWith("now/"));
  const steady = byNetwork(weights);
  const { prefixes, main } = split(program, steady, FREE);
  expect(prefixes).toHaveLength(2); // a network's each
  expect(main.nodes.length).toBeLessThan(lowerProgram(program).nodes.length - 100);

  const buffers = { inputs, outputs: arraysFor(program, program.outputs), steady };
  const executable = await cut.prepare(program, buffers);
  const expected = { inputs, outputs: arraysFor(program, program.outputs) };
  const inOne = await whole.prepare(program, expected);
  const first = weights.map((name) => inputs[name].slice());
  for (const factor of [1, 0.5, 1]) {
    for (const [i, name] of weights.entries()) inputs[name].set(first[i].map((weight) => weight * factor));
    executable.refresh!(new Set(weights));
    for (const shard of [1, 2]) {
      stream(shard, "noise").fillNormal(inputs["noise"]);
      await executable.run();
      await inOne.run();
      expect(buffers.outputs).toEqual(expected.outputs);
    }
  }
  await executable.dispose();
  await inOne.dispose();
});

describe("what is held", () => {
  /** A penalty on weights [512, 512], ‖WᵀW‖², and a product of them with samples. */
  const penalized = ({ input, gradients }: TraceContext): Record<string, tf.Tensor> => {
    const [w, x] = [input("w", [512, 512]), input("x", [4, 512])];
    const penalty = tf.sum(tf.square(tf.matMul(w, w, true)));
    const y = tf.sum(tf.square(tf.matMul(x, w)));
    return { penalty, gradient: gradients(tf.add(y, penalty), [w])[0] };
  };
  const convolved = ({ input }: TraceContext): Record<string, tf.Tensor> => {
    const filters = Array.from({ length: 8 }, (_, i) => input(`w${i}`, [3, 3, 64, 64]) as tf.Tensor4D);
    const x = input("x", [16, 16, 16, 64]) as tf.Tensor4D;
    return { y: filters.reduce((image, filter) => tf.conv2d(image, filter, 1, "same"), x) };
  };
  const filters = Array.from({ length: 8 }, (_, i) => `w${i}`);

  test("is what takes longer to compute than to hand over: a penalty and its gradient, not a filter at points", async () => {
    await useCpuBackend();
    const { prefixes } = split(await traceProgram(penalized), [["w"]]);
    const sizes = prefixes.map(({ outputs }) =>
      outputs.map(({ shape }) => sizeOf(shape as number[])).sort((a, b) => a - b),
    );
    // WᵀW is used twice, so that its gradient is of two parts.
    expect(sizes).toEqual([[1, 512 * 512, 512 * 512]]);
    expect(split(await traceProgram(convolved), [filters]).prefixes).toEqual([]);
  });

  test("is nothing where all of it takes less time than to run a session", async () => {
    await useCpuBackend();
    const program = await traceProgram(({ input }) => {
      const [w, x] = [input("w", [128, 128]), input("x", [4, 128])];
      return { y: tf.add(tf.sum(tf.square(tf.matMul(w, w, true))), tf.matMul(x, w)) }; // a penalty of 50 µs
    });
    expect(split(program, [["w"]]).prefixes).toEqual([]);
    expect(split(program, [["w"]], { ...ON_HOST, prefix: 0 }).prefixes).toHaveLength(1);
  });

  test("is a filter too where values stay on a device", async () => {
    await useCpuBackend();
    const { prefixes } = split(await traceProgram(convolved), [filters], ON_DEVICE);
    expect(prefixes.map(({ outputs }) => outputs.length)).toEqual([8]);
  });

  test("an output that follows from weights alone is written in every run", async () => {
    await useCpuBackend();
    const program = await traceProgram(penalized);
    const inputs = { w: new Float32Array(512 * 512).fill(0.5), x: new Float32Array(4 * 512) };
    const outputs = arraysFor(program, program.outputs);
    const executable = await whole.prepare(program, { inputs, outputs, steady: [["w"]] });
    for (const run of ["first", "second"]) {
      outputs["penalty"].fill(0);
      await executable.run();
      expect(outputs["penalty"][0], run).toBe(2 ** 18 * 128 ** 2); // 512² elements of 512 · 0.5²
    }
    await executable.dispose();
  });

  test("what follows from two groups changes with either", async () => {
    await useCpuBackend();
    const program = await traceProgram(({ input }) => {
      const [a, b, x] = [input("a", [64, 64]), input("b", [64, 64]), input("x", [2, 64])];
      return { y: tf.matMul(x, tf.matMul(a, b)) };
    });
    expect(split(program, [["a"], ["b"]], FREE).prefixes.map(({ inputs }) => inputs.length)).toEqual([2]);
    const inputs = { a: new Float32Array(4096).fill(1), b: new Float32Array(4096).fill(1), x: new Float32Array(128).fill(1) }; // prettier-ignore
    const outputs = { y: new Float32Array(128) };
    const executable = await cut.prepare(program, { inputs, outputs, steady: [["a"], ["b"]] });
    await executable.run();
    expect(outputs.y[0]).toBe(64 * 64);
    inputs.b.fill(2);
    executable.refresh!(new Set(["b"]));
    await executable.run();
    expect(outputs.y[0]).toBe(2 * 64 * 64);
    await executable.dispose();
  });
});
