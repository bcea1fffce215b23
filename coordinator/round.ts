// One round: a phase's shards are leased out, and their gradients come back as one sum.
import type { PhasePlan } from "../shared/protocol/messages.ts";
import { span } from "../shared/spans.ts";
import { TreeSum, alignedBlocks } from "../shared/tree-sum.ts";
import type { Vectors } from "./arithmetic/vectors.ts";
import type { Contributed } from "./ledger.ts";
import type { Item, Leases } from "./leases.ts";
import type { Member, Members } from "./members.ts";

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
  readonly vectors: Vectors;
  readonly signal: AbortSignal;
}

/** The sum over all S shards, [P of the contribution layout], borrowed until `release`. */
export interface RoundSum {
  readonly vector: Float32Array;
  readonly contributions: readonly Contributed[];
  release(): void;
}

export async function runRound(options: RoundOptions): Promise<RoundSum> {
  const { phase, index, step, version, position, members, leases, vectors, signal } = options;
  const sum = new TreeSum(phase.shards, undefined, (into, from) => vectors.add(into, from));
  const contributions: Contributed[] = [];
  const items = divideShards(phase.shards, members.ready()).flatMap(({ first, end, member }) =>
    alignedBlocks(first, end, phase.shards).map((block): Item => ({
      work: { kind: "phase", phase: index, step, first: block.first, shards: block.shards, position },
      version,
      size: block.shards,
      ...(member && { preferred: member }),
      accept(result, from, envelope) {
        if (result.length !== phase.contribution.length) return "length";
        if (!span("averaging", () => vectors.allFinite(result))) return "not finite";
        span("averaging", () => sum.add(block, result, () => envelope.release()));
        contributions.push({ ...block, node: from.id });
        return null;
      },
    })),
  );
  await leases.complete(items, signal);
  const whole = sum.take();
  contributions.sort((a, b) => a.first - b.first);
  return { vector: whole.vector, release: () => whole.release(), contributions };
}

export interface Share<M> {
  readonly first: number;
  readonly end: number;
  readonly member?: M;
}

/** Contiguous ranges of shards, as many a member as it has threads, in proportion; one range where nobody is here yet. */
export function divideShards<M extends Pick<Member, "threads">>(
  shards: number,
  members: readonly M[],
): Share<M>[] {
  const threads = members.reduce((sum, member) => sum + member.threads, 0);
  if (threads === 0) return [{ first: 0, end: shards }];
  const shares: Share<M>[] = [];
  let before = 0;
  for (const member of members) {
    const first = Math.round((shards * before) / threads);
    before += member.threads;
    const end = Math.round((shards * before) / threads);
    if (end > first) shares.push({ first, end, member });
  }
  return shares;
}
