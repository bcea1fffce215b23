// One program, one run, outside of any training: pictures from a checkpoint, probes.
import { type Program, arraysFor } from "../shared/program/program.ts";
import type { Buffers, Engine } from "./engine/engine.ts";
import { type EngineChoice } from "./engine/engine-choice.ts";
import { openEngine } from "./engine/open-engine.ts";

type Arrays = Buffers["inputs"];

/** Computes all outputs of a program from values for all its inputs. */
export async function runOnce(
  choice: EngineChoice,
  program: Program,
  inputs: Arrays,
): Promise<Record<string, Float32Array>> {
  return runOnceOn(await openEngine(choice), program, inputs);
}

/** The same, on an engine that is open. */
export async function runOnceOn(
  engine: Engine,
  program: Program,
  inputs: Arrays,
): Promise<Record<string, Float32Array>> {
  const outputs = arraysFor(program, program.outputs);
  const executable = await engine.prepare(program, { inputs, outputs });
  try {
    await executable.run();
  } finally {
    await executable.dispose();
  }
  return outputs;
}
