// How much there is to compute in a piece of work, before anyone has measured how long it takes.
import { countOperations } from "../../../shared/program/cost.ts";
import { decodeProgram } from "../../../shared/program/program.ts";
import type { Plan, Work } from "../../../shared/protocol/messages.ts";

/** Floating-point operations of a wave: one shard of a phase, one batch of pictures or of an evaluation. */
export function operationsOf(
  { phases, generate, evaluate }: Pick<Plan, "phases" | "generate" | "evaluate">,
  programs: ReadonlyMap<string, Uint8Array>,
): (work: Work) => number {
  const counts = new Map<string, number>();
  for (const [hash, encoded] of programs) {
    const { convolution, matmul, rest } = countOperations(decodeProgram(encoded));
    counts.set(hash, convolution + matmul + rest);
  }
  return (work) => {
    switch (work.kind) {
      case "phase":
        return counts.get(phases[work.phase].program)!;
      case "generate":
        return counts.get(generate!.program)!;
      case "evaluate":
        return counts.get(evaluate!.program)!;
      default:
        return work satisfies never;
    }
  };
}
