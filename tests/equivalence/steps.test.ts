// Whole phases of every preset: the graph engine, the reference engine and eager tfjs agree.
import { describe, expect, test } from "vitest";
import { type RunConfigInput, parseConfig } from "../../shared/config.ts";
import { viewOf } from "../../shared/models/layout.ts";
import { buildNetworks } from "../../shared/models/networks.ts";
import { compileRun } from "../../shared/objectives/compile-run.ts";
import { findPreset } from "../../shared/presets/presets.ts";
import { type Program, decodeProgram, sizeOf } from "../../shared/program/program.ts";
import { stream } from "../../shared/random.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import { eagerStep } from "../support/eager-step.ts";
import { execute, relativeError } from "../support/oracle.ts";

const IMAGES = { imageShape: [28, 28, 1], classes: 10 } as const;
/** The tfjs CPU backend adds in another order; a gradient that almost cancels (the last bias) loses digits first. */
const TOLERANCE = 1e-4;

const graph = createGraphEngine("test");
const reference = createReferenceEngine();

/** Seeded values for every input of a program; weights as the run begins with them. */
async function setting(input: RunConfigInput): Promise<{
  config: ReturnType<typeof parseConfig>;
  programs: Program[];
  inputs: Record<string, Float32Array>[];
}> {
  const config = parseConfig(input);
  const run = await compileRun(config, IMAGES);
  const programs = run.phases.map(({ program }) => decodeProgram(run.programs.get(program)!));
  const slots = new Map(run.layout.slots.map((slot) => [slot.name, slot]));
  const inputs = programs.map((program) =>
    Object.fromEntries(
      program.inputs.map(({ name, value }) => {
        const slot = slots.get(name);
        return [
          name,
          slot ? viewOf(run.initialWeights, slot) : drawInput(name, sizeOf(program.values[value].shape)),
        ];
      }),
    ),
  );
  return { config, programs, inputs };
}

function drawInput(name: string, size: number): Float32Array {
  const array = new Float32Array(size);
  stream(5, name).fillNormal(array);
  if (name === "labels") return array.map((_, i) => (i % 11 === 0 ? 1 : 0)); // sample i has label i
  return name === "samples" ? array.map(Math.tanh) : array;
}

function expectAgreement(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, array] of Object.entries(expected))
    expect(relativeError(actual[name], array), name).toBeLessThan(TOLERANCE);
}

describe("one step on the graph engine agrees with the reference engine", () => {
  test.each([
    ["digits", 2],
    ["mnist", 2],
    ["seed-cnn", 3],
    ["seed-gan", 1],
  ])("%s, %i samples", async (name, shard) => {
    const { programs, inputs } = await setting({
      ...findPreset(name).config,
      schedule: { kind: "simultaneous" },
      batch: shard,
      shard,
      sampleCount: 1,
    });
    const [actual, expected] = [
      await execute(graph, programs[0], inputs[0]),
      await execute(reference, programs[0], inputs[0]),
    ];
    expectAgreement(actual, expected);
    expect(Object.keys(actual).filter((output) => output.startsWith("gradient/")).length).toBeGreaterThan(5);
  });

  test("digits, a round of D and a round of G", async () => {
    const { programs, inputs } = await setting({
      ...findPreset("digits").config,
      schedule: { kind: "alternating" },
      batch: 2,
      shard: 2,
      sampleCount: 1,
    });
    expect(programs).toHaveLength(2);
    for (const [i, program] of programs.entries()) {
      expectAgreement(await execute(graph, program, inputs[i]), await execute(reference, program, inputs[i]));
    }
  });
});

describe("one step on the graph engine agrees with eager tfjs, nothing traced", () => {
  test.each(["digits", "seed-cnn"])("%s", async (name) => {
    const { config, programs, inputs } = await setting({
      ...findPreset(name).config,
      batch: 2,
      shard: 2,
      sampleCount: 1,
    });
    const actual = await execute(graph, programs[0], inputs[0]);
    const expected = await eagerStep(await buildNetworks(config, IMAGES), config, programs[0], inputs[0]);
    expectAgreement(actual, expected);
  });
});

test("G(z) is computed once for the losses of D and G", async () => {
  const { programs } = await setting({
    ...findPreset("seed-gan").config,
    schedule: { kind: "simultaneous" },
    batch: 1,
    shard: 1,
    sampleCount: 1,
  });
  // G has three transposed convolutions (each a Conv2DBackpropInput) and one convolution, whose input gradient is another.
  const forwardAndBack = programs[0].calls.filter(({ kernel }) => kernel === "Conv2DBackpropInput");
  expect(forwardAndBack).toHaveLength(4);
});

test("a program run twice gives the same bits", async () => {
  const { programs, inputs } = await setting({
    ...findPreset("digits").config,
    batch: 8,
    shard: 8,
    sampleCount: 1,
  });
  expect(await execute(graph, programs[0], inputs[0])).toEqual(await execute(graph, programs[0], inputs[0]));
});
