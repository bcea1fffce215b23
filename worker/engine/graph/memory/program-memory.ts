// What a prepared program takes on the graph engine's CPU, predicted from the program alone.
import { type Program, sizeOf } from "../../../../shared/program/program.ts";
import { byNetwork } from "../../../../shared/protocol/slot-names.ts";
import { CPU } from "../lower/convolution/tuning.ts";
import { inputName, lowerProgram } from "../lower/lower.ts";
import type { OnnxPort } from "../onnx.ts";
import { ON_HOST } from "../prefix/cost.ts";
import { splitGraph } from "../prefix/split.ts";
import { sessionMemory } from "./session-memory.ts";

/** Bytes. */
export interface ProgramMemory {
  /** What its runs compute with, those of its prefixes included. */
  readonly values: number;
  /** With what follows from weights alone and is held. */
  readonly constants: number;
  /** Inputs that are no weights, and outputs. */
  readonly ports: number;
}

export interface ProgramMemoryOptions {
  /** Inputs that lie in the thread's one copy of the weights. */
  readonly weights: ReadonlySet<string>;
  readonly isOccasional: boolean;
  /** What was decided while other programs were lowered. */
  readonly decided?: Map<string, unknown>;
}

/** The binding hands out a copy of each run's outputs. */
const COPIES = 2;

export function programMemory(
  program: Program,
  { weights, isOccasional, decided }: ProgramMemoryOptions,
): ProgramMemory {
  const { inputs, outputs, values } = program;
  const bytes = (ports: Program["outputs"]): number =>
    ports.reduce((sum, { value }) => sum + 4 * sizeOf(values[value].shape), 0);
  const steady = byNetwork(inputs.map(({ name }) => name).filter((name) => weights.has(name)));
  const groups = isOccasional ? [] : steady.map((names) => names.map(inputName));
  const { prefixes, main } = splitGraph(lowerProgram(program, CPU, decided), groups, ON_HOST);
  const sessions = [main, ...prefixes].map(sessionMemory);
  const held =
    COPIES * prefixes.flatMap((prefix) => prefix.outputs).reduce((sum, port) => sum + sizeOfPort(port), 0);
  return {
    values: sessions.reduce((sum, session) => sum + session.values, 0),
    constants: sessions.reduce((sum, session) => sum + session.constants, held),
    ports: bytes(inputs.filter(({ name }) => !weights.has(name))) + COPIES * bytes(outputs),
  };
}

function sizeOfPort({ shape }: OnnxPort): number {
  return 4 * sizeOf(shape as readonly number[]);
}
