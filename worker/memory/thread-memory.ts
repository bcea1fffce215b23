// What one thread of a node takes, predicted from the run's programs before any of them is prepared.
import type { Plan } from "../../shared/protocol/messages.ts";
import { decodeProgram } from "../../shared/program/program.ts";
import { type ProgramMemory, programMemory } from "../engine/graph/memory/program-memory.ts";
import { type ProgramUse, isOccasional } from "./occasional.ts";

/** Bytes resident. */
export interface ThreadMemory {
  /** The thread itself: its JavaScript, code, sessions without what they compute with. */
  readonly base: number;
  /** Its copy of all weights. */
  readonly weights: number;
  /** By hash. An occasional one computes with `values` only while it runs. */
  readonly programs: ReadonlyMap<string, ProgramMemory & { readonly isOccasional: boolean }>;
  /** All of it but what occasional programs compute with. */
  readonly kept: number;
}

/** Measured: a Piscina thread with ONNX Runtime and its sessions, less their arenas. */
const THREAD_BYTES = 50e6;

/** For the graph engine on a CPU. `programs` are all that a thread prepares, encoded, by hash. */
export function threadMemory(
  plan: Pick<Plan, "weights"> & ProgramUse,
  programs: ReadonlyMap<string, Uint8Array>,
): ThreadMemory {
  const names = new Set(plan.weights.slots.map(({ name }) => name));
  const weights = plan.weights.length * Float32Array.BYTES_PER_ELEMENT;
  const own = new Map<string, ProgramMemory & { readonly isOccasional: boolean }>();
  let kept = THREAD_BYTES + weights;
  const decided = new Map<string, unknown>();
  for (const [hash, encoded] of programs) {
    const isPassing = isOccasional(plan, hash);
    const options = { weights: names, isOccasional: isPassing, decided };
    const memory = { ...programMemory(decodeProgram(encoded), options), isOccasional: isPassing };
    own.set(hash, memory);
    kept += memory.constants + memory.ports + (memory.isOccasional ? 0 : memory.values);
  }
  return { base: THREAD_BYTES, weights, programs: own, kept };
}
