// The phases of a preset's step with seeded values for all their inputs, to run on any engine.
import { expect } from "vitest";
import { type RunConfigInput, parseConfig } from "../../shared/config/config.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import type { ImageSpec } from "../../coordinator/compiler/models/networks.ts";
import { compileRun } from "../../coordinator/compiler/compile-run.ts";
import { type Program, decodeProgram, sizeOf } from "../../shared/program/program.ts";
import { stream } from "../../shared/random/random.ts";
import type { Engine } from "../../worker/engine/engine.ts";
import { findPreset } from "../../shared/config/presets.ts";
import { errorsOfStep } from "./step-errors.ts";
import { execute } from "./oracle.ts";

export const IMAGES: ImageSpec = { imageShape: [28, 28, 1], classes: 10 };
/** The tfjs CPU backend adds in another order; a gradient that almost cancels (the last bias) loses digits first. */
const TOLERANCE = 1e-4;

/** Seeded values for every input of a program; weights as the run begins with them. */
export async function setting(
  input: RunConfigInput,
  images: ImageSpec = IMAGES,
): Promise<{
  config: ReturnType<typeof parseConfig>;
  programs: Program[];
  inputs: Record<string, Float32Array>[];
}> {
  const config = parseConfig(input);
  const run = await compileRun(config, images);
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

/** A phase of the preset with both networks, of so many samples, computed by two engines. */
export async function expectSameStep(
  [actual, expected]: readonly [Engine, Engine],
  preset: string,
  shard: number,
): Promise<void> {
  const { programs, inputs } = await setting({
    ...findPreset(preset).config,
    schedule: { kind: "simultaneous" },
    batch: shard,
    shard,
    sampleCount: 1,
  });
  const outputs = await execute(actual, programs[0], inputs[0]);
  expectAgreement(outputs, await execute(expected, programs[0], inputs[0]));
  expect(Object.keys(outputs).filter((output) => output.startsWith("gradient/")).length).toBeGreaterThan(5);
}

/** Every output of `actual` is within the tolerance of `expected`, in the L2 norm. */
export function expectAgreement(
  actual: Record<string, Float32Array>,
  expected: Record<string, Float32Array>,
): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, error] of Object.entries(errorsOfStep(actual, expected)))
    expect(error, name).toBeLessThan(TOLERANCE);
}

function drawInput(name: string, size: number): Float32Array {
  const array = new Float32Array(size);
  stream(5, name).fillNormal(array);
  if (name === "labels") return array.map((_, i) => (i % 11 === 0 ? 1 : 0)); // sample i has label i
  return name === "samples" ? array.map(Math.tanh) : array;
}
