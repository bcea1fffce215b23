// What a prepared program takes on the graph engine's CPU, predicted from the program alone.
import { type Program, sizeOf } from "../../../../shared/program/program.ts";
import { lowerProgram } from "../lower/lower.ts";
import { sessionMemory } from "./session-memory.ts";

/** Bytes. */
export interface ProgramMemory {
  /** What its runs compute with. */
  readonly values: number;
  readonly constants: number;
  /** Inputs that are no weights, and outputs twice: the binding hands out a copy of each run's. */
  readonly ports: number;
}

/** `weights` names the inputs that lie in the thread's one copy of the weights. */
export function programMemory(program: Program, weights: ReadonlySet<string>): ProgramMemory {
  const { inputs, outputs, values } = program;
  const bytes = (ports: Program["outputs"]): number =>
    ports.reduce((sum, { value }) => sum + sizeOf(values[value].shape) * Float32Array.BYTES_PER_ELEMENT, 0);
  return {
    ...sessionMemory(lowerProgram(program)),
    ports: bytes(inputs.filter(({ name }) => !weights.has(name))) + 2 * bytes(outputs),
  };
}
