// How much there is to compute in a piece of work, before anyone has measured how long it takes.
import { countOperations } from "../../../shared/program/cost.ts";
import { decodeProgram } from "../../../shared/program/program.ts";
import { pieceImages } from "../../../shared/evaluation/extractor.ts";
import type { Plan, Work } from "../../../shared/protocol/messages.ts";

/** Of an ONNX model for one image, whose file is all that is known here: those of Inception v3, by its 95 MB. */
const ONNX_OPERATIONS_A_BYTE = 120;

/** A diagnosis prepares two variants of the program and runs each once: as long as so many shards. */
const DIAGNOSING = 20;

/** Floating-point operations of a wave: one shard of a phase, one batch of pictures or of an evaluation, one piece of features. */
export function operationsOf(
  {
    phases,
    generate,
    evaluate,
    probe,
    extractor,
  }: Pick<Plan, "phases" | "generate" | "evaluate" | "probe" | "extractor">,
  programs: ReadonlyMap<string, Uint8Array>,
): (work: Work) => number {
  const counts = new Map<string, number>();
  for (const [hash, encoded] of programs) {
    if (extractor?.kind === "onnx" && hash === extractor.hash) {
      counts.set(hash, encoded.length * ONNX_OPERATIONS_A_BYTE * extractor.batch);
      continue;
    }
    const { convolution, matmul, rest } = countOperations(decodeProgram(encoded));
    counts.set(hash, convolution + matmul + rest);
  }
  return (work) => {
    switch (work.kind) {
      case "phase":
        return counts.get(phases[work.phase].program)!;
      case "generate":
        return Math.ceil(generate!.batch / generate!.atOnce) * counts.get(generate!.program)!;
      case "evaluate":
        return Math.ceil(evaluate!.batch / evaluate!.atOnce) * counts.get(evaluate!.program)!;
      case "features": {
        const isDrawn = work.source === "generated";
        const drawn = isDrawn ? generate!.atOnce : extractor!.batch;
        const piece = pieceImages(extractor!, drawn);
        const extracting = Math.ceil(piece / extractor!.batch) * counts.get(extractor!.hash)!;
        return extracting + (isDrawn ? (piece / drawn) * counts.get(generate!.program)! : 0);
      }
      case "probe":
        return counts.get(probe!.program)!;
      case "diagnose":
        return DIAGNOSING * counts.get(phases[work.phase].program)!;
      default:
        return work satisfies never;
    }
  };
}
