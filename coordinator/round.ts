// One round: a phase's shards are leased out, and their gradients come back as one sum.
import type { PhasePlan, Work } from "../shared/protocol/messages.ts";
import { type Block, alignedBlocks } from "../shared/tree-sum.ts";
import type { Vectors } from "./update/vector-threads/vectors.ts";
import { Contributions } from "./leases/contributions.ts";
import type { Contributed } from "./records/ledger.ts";
import type { Item } from "./leases/task.ts";
import type { Leases } from "./leases/leases.ts";
import type { Pace, Speed } from "./leases/speed/speed-model.ts";
import type { Plausibility } from "./leases/trust/plausibility.ts";
import { divideShards } from "./leases/speed/shares.ts";
import type { ZeroWatch } from "./guard/zero-gradient-detector.ts";

export interface RoundOptions {
  readonly phase: PhasePlan;
  /** Its number among the step's phases. */
  readonly index: number;
  readonly step: number;
  readonly version: number;
  /** Where the phase begins in the sample stream. */
  readonly position: number;
  readonly leases: Leases;
  readonly pace: Pace;
  readonly vectors: Vectors;
  readonly zeros: ZeroWatch;
  readonly plausibility: Plausibility;
  readonly signal: AbortSignal;
}

/** The sum over all S shards, [P of the contribution layout], borrowed until `release`. */
export interface RoundSum {
  readonly vector: Float32Array;
  readonly contributions: readonly Contributed[];
  release(): void;
}

/**
 * Divides the phase's shards over the nodes that are here, by their speed, and sums what they answer along the fixed tree.
 *
 * @throws GanglionError DIVERGED, WORKER as `Leases.complete`
 */
export async function runRound(options: RoundOptions): Promise<RoundSum> {
  const { phase, index, step, version, position, leases, pace, vectors, zeros, signal } = options;
  const contributions = new Contributions({
    phase,
    vectors,
    zeros,
    norms: options.plausibility.of(phase),
    leases,
  });
  const work = (block: Block): Work => ({ kind: "phase", phase: index, step, ...block, position });
  const itemOf = (block: Block): Item => ({
    work: work(block),
    version,
    size: block.shards,
    accept: (result, from, envelope) => contributions.accept(block, result, from, envelope),
    describeDoubt: () => contributions.describeDoubt(block),
    contradicted: () => contributions.contradicted(block),
  });
  const nodes = leases.available();
  const speeds = pace.compare(nodes, work({ first: 0, shards: phase.shards }), phase.shards);
  const shares = divideShards(phase.shards, nodes, speeds);
  const items = shares.flatMap(({ first, end, member }) =>
    alignedBlocks(first, end, phase.shards).map((block): Item => ({
      ...itemOf(block),
      ...(member && { preferred: member }),
    })),
  );
  const slow = nodes.find(
    (node, i) => isSlow(speeds[i]) && !shares.some(({ member }) => member === node) && pace.leftOut(node),
  );
  if (slow) items.push({ ...items.pop()!, trial: slow });
  await leases.complete(items, signal);
  for (let missing = contributions.missing(); missing.length > 0; missing = contributions.missing())
    await leases.complete(missing.map(itemOf), signal);
  return contributions.take();
}

function isSlow({ turn, delay }: Speed): boolean {
  return turn > 1 || delay > 0;
}
