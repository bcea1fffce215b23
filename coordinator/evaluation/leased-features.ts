// Features of many images as leased work: they come back in any order, and lie in the order of the images.
import type { Plan, Work } from "../../shared/protocol/messages.ts";
import { rowLength } from "../../shared/evaluation/extractor.ts";
import type { Leases } from "../leases/leases.ts";
import type { Results, Task } from "../leases/task.ts";
import { featureShares } from "../plan.ts";
import type { Vectors } from "../update/vector-threads/vectors.ts";
import type { FeatureRequest } from "./asked.ts";

export interface LeasedFeaturesOptions {
  readonly plan: Plan;
  readonly leases: Pick<Leases, "complete" | "available">;
  readonly vectors: Pick<Vectors, "allFinite">;
  /** Of the weights that the nodes hold. */
  readonly version: number;
  /** [P], what generated images are drawn with. */
  readonly weights: Float32Array;
  readonly signal: AbortSignal;
  /** Hears how many images are done. */
  readonly onProgress?: (done: number) => void;
}

interface FeatureTask extends Task {
  readonly work: Extract<Work, { kind: "features" }>;
}

/** Leases for each node: several, so that a fast node gets more of them; few, as each brings the weights along. */
const LEASES_A_NODE = 4;

/**
 * Rows [images, F + K]. How many images a lease has depends on the nodes that are here; the numbers do not, as every lease
 * is made of the same pieces.
 *
 * @throws GanglionError as `Leases.complete`: DIVERGED where features are not finite on any node, WORKER
 */
export async function leasedFeatures(
  { source, seed, first, images }: FeatureRequest,
  options: LeasedFeaturesOptions,
): Promise<Float32Array> {
  const { plan, leases, vectors, version, weights, signal, onProgress } = options;
  const row = rowLength(plan.extractor!);
  const { piece, mostPieces } = featureShares(plan, source);
  const nodes = Math.max(1, leases.available().length);
  const wanted = Math.ceil(images / piece / (LEASES_A_NODE * nodes));
  const perLease = Math.min(mostPieces, wanted) * piece;
  const rows = new Float32Array(images * row);
  const tasks: FeatureTask[] = [];
  for (let at = 0; at < images; at += perLease) {
    const count = Math.min(perLease, images - at);
    tasks.push({
      work: { kind: "features", source, seed, first: first + at, images: count },
      version,
      size: Math.ceil(count / piece),
      ...(source === "generated" && { body: weights }),
    });
  }
  let done = 0;
  const results: Results<FeatureTask> = {
    accept({ work }, result, _member, envelope) {
      if (result.length !== work.images * row) return "length";
      if (!vectors.allFinite(result)) return "not finite";
      rows.set(result, (work.first - first) * row);
      envelope.release();
      done += work.images;
      onProgress?.(done);
      return null;
    },
  };
  await leases.complete(tasks, results, signal);
  return rows;
}
