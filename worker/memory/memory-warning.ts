// Whether a node's threads fit into the memory that is free, before they start.
import { gigabytes } from "../../shared/data/memory-bound.ts";
import { measureFootprint } from "../../shared/program/cost.ts";
import { decodeProgram } from "../../shared/program/program.ts";
import type { Plan } from "../../shared/protocol/messages.ts";
import type { EngineChoice } from "../engine/engine-choice.ts";
import { threadMemory } from "./thread-memory.ts";

export interface NodeMemory {
  readonly choice: EngineChoice;
  /** That start together in this process. */
  readonly threads: number;
  /** Bytes. */
  readonly free: number;
}

/** More than any program was seen to take over what its values need at least (16 times, a small shard's). */
const GENEROUS = 24;
const MOST_THREAD_BYTES = 100e6;

/** A sentence where they do not fit; null where they do, or nothing is known of the engine's memory. */
export function memoryWarning(
  plan: Pick<Plan, "weights" | "phases" | "generate" | "probe" | "extractor">,
  programs: ReadonlyMap<string, Uint8Array>,
  { choice, threads, free }: NodeMemory,
): string | null {
  if (choice.engine !== "graph" || choice.device !== "cpu") return null;
  const own = new Map(programs);
  if (plan.extractor?.kind === "onnx") own.delete(plan.extractor.hash);
  if (threads * mostBytes(own) <= free) return null; // predicting takes up to half a second
  const { kept, programs: memories } = threadMemory(plan, own);
  const passing = (hash: string | undefined): number => {
    const memory = hash === undefined ? undefined : memories.get(hash);
    return memory?.isOccasional ? memory.values : 0;
  };
  const { generate, probe } = plan;
  const drawing = generate ? Math.min(threads, Math.ceil(generate.batch / generate.atOnce)) : 0;
  const needed =
    threads * kept + Math.max(drawing * passing(generate?.program), threads * passing(probe?.program));
  if (needed <= free) return null;
  return `${threads === 1 ? "the thread needs" : `the ${threads} threads need`} about ${gigabytes(needed)}, and ${gigabytes(free)} are free here: the system may end the process; give the run a smaller --shard (now ${plan.phases[0].shardSize})${threads > 1 ? ", or the node fewer --threads" : ""}`;
}

function mostBytes(programs: ReadonlyMap<string, Uint8Array>): number {
  let most = MOST_THREAD_BYTES;
  for (const encoded of programs.values()) {
    const { ports, constants, peak } = measureFootprint(decodeProgram(encoded), new Set());
    most += 3 * ports + constants + GENEROUS * peak;
  }
  return most;
}
