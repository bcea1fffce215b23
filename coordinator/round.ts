// One round: a phase's shards are leased out, and their gradients come back as one sum.
import type { NowValues } from "../shared/program/now-inputs.ts";
import type { PhasePlan } from "../shared/protocol/messages.ts";
import { type Block, alignedBlocks } from "../shared/tree-sum.ts";
import type { Vectors } from "./update/vector-threads/vectors.ts";
import { Contributions, type RoundSum, type ShardTask } from "./leases/contributions.ts";
import type { Leases } from "./leases/leases.ts";
import type { SpeedModel, Speed } from "./leases/speed/speed-model.ts";
import type { Plausibility } from "./leases/trust/plausibility.ts";
import { divideShards } from "./leases/speed/shares.ts";
import type { ZeroGradientDetector } from "./guard/zero-gradient-detector.ts";

export interface RoundOptions {
  readonly phase: PhasePlan;
  /** Its number among the step's phases. */
  readonly index: number;
  readonly step: number;
  readonly version: number;
  /** Where the phase begins in the sample stream. */
  readonly position: number;
  /** What the phase's program is told of the step, where it uses that. */
  readonly now?: NowValues;
  readonly leases: Leases;
  readonly speedModel: SpeedModel;
  readonly vectors: Vectors;
  readonly zeros: ZeroGradientDetector;
  readonly plausibility: Plausibility;
  readonly signal: AbortSignal;
}

/**
 * Leases the phase's S shards to the nodes that are here, by their speed, and sums their contributions:
 *
 *   sum = ((c0 + c1) + (c2 + c3)) + …        [P of the contribution layout], float32; c is a shard's contribution: its
 *                                            gradients, metrics and moving statistics
 *
 * The fixed tree over shard index (`TreeSum`), not the order of arrival, decides the rounding: any set of nodes gives the
 * same bits. A node answers for a whole block of the tree. Resolves once every shard is in the sum exactly once, whoever
 * failed, left, was late or was refused meanwhile; the sum over the shards is not divided by S yet.
 *
 * @throws GanglionError DIVERGED when the results are not finite on any node that was asked, WORKER when no node gives an
 *   answer that can be accepted; the signal's reason when it is aborted
 */
export async function runRound(options: RoundOptions): Promise<RoundSum> {
  const { phase, leases, vectors, zeros, signal } = options;
  const contributions = new Contributions({
    phase,
    vectors,
    zeros,
    norms: options.plausibility.of(phase),
    leases,
  });
  const tasks = shardTasks(options);
  await leases.complete(tasks, contributions, signal);
  for (let missing = contributions.missing(); missing.length > 0; missing = contributions.missing())
    await leases.complete(missing.map(withoutNode), contributions, signal);
  return contributions.take();
}

/** The phase's shards in blocks of the tree, each for the node that has the time; one of them also for a probe. */
function shardTasks(options: RoundOptions): ShardTask[] {
  const { phase, index, step, version, position, now, leases, speedModel } = options;
  const work = (block: Block): ShardTask["work"] => ({
    kind: "phase",
    phase: index,
    step,
    ...block,
    position,
    ...(now && { now }),
  });
  const nodes = leases.available();
  const speeds = speedModel.compare(nodes, work({ first: 0, shards: phase.shards }), phase.shards);
  const shares = divideShards(phase.shards, nodes, speeds);
  const tasks = shares.flatMap(({ first, end, member }) =>
    alignedBlocks(first, end, phase.shards).map((block): ShardTask => ({
      work: work(block),
      version,
      size: block.shards,
      ...(member && { preferred: member }),
    })),
  );
  const slow = nodes.find(
    (node, i) =>
      isSlow(speeds[i]) && !shares.some(({ member }) => member === node) && speedModel.leftOut(node),
  );
  if (slow) tasks.push({ ...tasks.pop()!, probe: slow });
  return tasks;
}

/** The same shards for anyone. */
function withoutNode({ work, version, size }: ShardTask): ShardTask {
  return { work, version, size };
}

function isSlow({ wave, delay }: Speed): boolean {
  return wave > 1 || delay > 0;
}
