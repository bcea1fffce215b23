// A model's phases as files: programs, inputs, and what the CPU makes of them.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serialize } from "node:v8";
import { compileRun } from "../../../coordinator/compiler/compile-run.ts";
import { configOfModel } from "../../../deploy/bench/suite/measure-model.ts";
import type { SuiteModel } from "../../../deploy/bench/suite/models.ts";
import { type Program, decodeProgram, arraysFor } from "../../../shared/program/program.ts";
import { fillRandomInputs } from "../../../shared/program/random-inputs.ts";
import { type Layout, viewOf } from "../../../shared/protocol/layout.ts";
import { stream } from "../../../shared/random/random.ts";
import type { Engine } from "../../../worker/engine/engine.ts";
import { runOnceOn } from "../../../worker/run-once.ts";

export type Arrays = Readonly<Record<string, Float32Array>>;

/** What a file holds, as `v8.serialize` writes it. */
export interface PhaseFile {
  /** Encoded, as nodes get it. */
  readonly program: Uint8Array;
  readonly inputs: Arrays;
  readonly expected: Arrays;
}

export interface WrittenPhase {
  readonly name: string;
  readonly file: string;
}

/** Every phase of a step once, with the weights that a run begins with; `cpu` says what is right. */
export async function writePhases(
  model: SuiteModel,
  folder: string,
  cpu: Engine,
): Promise<readonly WrittenPhase[]> {
  await mkdir(folder);
  const { config, images } = await configOfModel(model, 1, folder);
  const { phases, programs, layout, initialWeights } = await compileRun(config, images);
  const written: WrittenPhase[] = [];
  for (const { name, program: hash } of new Set(phases)) {
    const encoded = programs.get(hash)!;
    const program = decodeProgram(encoded);
    const inputs = inputsOf(program, name, layout, initialWeights);
    const expected = await runOnceOn(cpu, program, inputs);
    const file = join(folder, `${name}.v8`);
    await writeFile(file, serialize({ program: encoded, inputs, expected } satisfies PhaseFile));
    written.push({ name, file });
  }
  return written;
}

/** Samples in [-1, 1), normal noise, labels one class after the other. */
function inputsOf(program: Program, phase: string, layout: Layout, weights: Float32Array): Arrays {
  const inputs = arraysFor(program, program.inputs);
  for (const slot of layout.slots) inputs[slot.name]?.set(viewOf(weights, slot));
  const { samples, noise, labels } = inputs;
  if (samples) stream(1, "samples", phase).fillUniform(samples);
  samples?.forEach((value, i) => (samples[i] = 2 * value - 1));
  if (noise) stream(1, "noise", phase).fillNormal(noise);
  if (labels) {
    const port = program.inputs.find(({ name }) => name === "labels")!;
    const [count, classes] = program.values[port.value].shape;
    for (let i = 0; i < count; i++) labels[i * classes + (i % classes)] = 1;
  }
  fillRandomInputs(program, inputs, 1, ["gpu", phase]);
  return inputs;
}
