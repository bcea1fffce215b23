// One round: a phase's shards are leased out, and their gradients come back as one sum.
import type { PhasePlan, Work } from "../shared/protocol/messages.ts";
import { span } from "../shared/spans.ts";
import { type Block, TreeSum, alignedBlocks } from "../shared/tree-sum.ts";
import type { Vectors } from "./arithmetic/vectors.ts";
import type { Contributed } from "./ledger.ts";
import type { Item } from "./lease-item.ts";
import type { Leases } from "./leases.ts";
import type { Members } from "./members.ts";
import type { Pace } from "./pace.ts";
import { divideShards } from "./shares.ts";
import type { ZeroWatch } from "./zero-watch.ts";

export interface RoundOptions {
  readonly phase: PhasePlan;
  /** Its number among the step's phases. */
  readonly index: number;
  readonly step: number;
  readonly version: number;
  /** Where the phase begins in the sample stream. */
  readonly position: number;
  readonly members: Pick<Members, "ready">;
  readonly leases: Leases;
  readonly pace: Pace;
  readonly vectors: Vectors;
  readonly zeros: ZeroWatch;
  readonly signal: AbortSignal;
}

/** The sum over all S shards, [P of the contribution layout], borrowed until `release`. */
export interface RoundSum {
  readonly vector: Float32Array;
  readonly contributions: readonly Contributed[];
  release(): void;
}

export async function runRound(options: RoundOptions): Promise<RoundSum> {
  const { phase, index, step, version, position, members, leases, pace, vectors, signal } = options;
  const sum = new TreeSum(phase.shards, undefined, (into, from) => vectors.add(into, from));
  const contributions: Contributed[] = [];
  const work = (block: Block): Work => ({ kind: "phase", phase: index, step, ...block, position });
  const ready = members.ready();
  const turns = pace.compare(ready, work({ first: 0, shards: phase.shards }), phase.shards);
  const shares = divideShards(phase.shards, ready, turns);
  const items = shares.flatMap(({ first, end, member }) =>
    alignedBlocks(first, end, phase.shards).map((block): Item => ({
      work: work(block),
      version,
      size: block.shards,
      ...(member && { preferred: member }),
      accept(result, from, envelope) {
        if (result.length !== phase.contribution.length) return "length";
        const judgement = span("averaging", () => vectors.judge(result));
        if (judgement === "not finite") return "not finite";
        options.zeros.take(from, judgement);
        span("averaging", () => sum.add(block, result, () => envelope.release()));
        contributions.push({ ...block, node: from.id });
        return null;
      },
    })),
  );
  const slow = ready.find(
    (node, i) => turns[i] > 1 && !shares.some(({ member }) => member === node) && pace.leftOut(node),
  );
  if (slow) items.push({ ...items.pop()!, trial: slow }); // the last block is the smallest
  await leases.complete(items, signal);
  const whole = sum.take();
  contributions.sort((a, b) => a.first - b.first);
  return { vector: whole.vector, release: () => whole.release(), contributions };
}
