// One program, one run, outside of any training: pictures from a checkpoint.
import { type Program, arraysFor } from "../shared/program/program.ts";
import { type EngineChoice, openEngine } from "./engine/open-engine.ts";

/** Computes all outputs of a program from values for all its inputs. */
export async function runOnce(
  choice: EngineChoice,
  program: Program,
  inputs: Readonly<Record<string, Float32Array>>,
): Promise<Record<string, Float32Array>> {
  const engine = await openEngine(choice);
  const outputs = arraysFor(program, program.outputs);
  const executable = await engine.prepare(program, { inputs, outputs });
  try {
    await executable.run();
  } finally {
    await executable.dispose();
  }
  return outputs;
}
