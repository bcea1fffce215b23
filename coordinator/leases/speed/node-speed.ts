// How fast one node is: its pace, and how many shards it really computes at once, learned from how long its answers took.
import type { Member } from "../../members/member.ts";

export interface NodeSpeed {
  /** How long a wave takes it, in usual waves. */
  pace: number;
  /** Shards that it does at once: as many as it has threads, or fewer, where more threads bring it nothing. */
  atOnce: number;
}

interface Answer {
  /** That the node had to do. */
  readonly shards: number;
  /** How long it took, in usual waves. */
  readonly waves: number;
  /** It counts as at most so many times what was expected. */
  readonly longest: number;
}

/** Share of a new measurement in what is known of a node that became slower or faster, … */
export const SLOWER_SHARE = 0.25;
export const FASTER_SHARE = 0.5;
/** … and how much of that, as an exponent, goes into what is usual. */
const USUAL_SHARE = 0.2;
/** One measurement counts as at most so many times what was expected: a pause is not a pace. */
export const LONGEST = 2;
/** Several shards that take so many times as long as expected show that fewer are done at once than there are threads. */
const CROWDED = 1.5;
/** Whatever is measured, a pace is from a millionth to a million. */
export const PACE_BOUNDS = [1e-6, 1e6] as const;

/** Waves that so many shards take, at least one; whole ones where the shards at once are what threads do. */
export function wavesOf(shards: number, atOnce: number): number {
  return Number.isInteger(atOnce) ? Math.ceil(shards / atOnce) : Math.max(1, shards / atOnce);
}

/** From a node's first answer, which took so many usual waves: its threads count as far as they show. */
export function firstSpeed({ threads }: Pick<Member, "threads">, shards: number, waves: number): NodeSpeed {
  const isCrowded = waves > CROWDED * wavesOf(shards, threads);
  const atOnce = isCrowded ? Math.min(threads, Math.max(1, shards / waves)) : threads;
  return { pace: waves / wavesOf(shards, atOnce), atOnce };
}

/**
 * From a later one: either the node does fewer or more shards at once than was thought, or it is slower or faster.
 * Returns the factor by which what is usual changes: a weaker step than the pace's, in the same direction. So the sum
 * over kinds of log usual less that over nodes of USUAL_SHARE · log pace never changes, and neither runs away.
 */
export function adjustSpeed(
  known: NodeSpeed,
  { threads }: Pick<Member, "threads">,
  { shards, waves, longest }: Answer,
): number {
  const ratio = Math.min(waves / (known.pace * wavesOf(shards, known.atOnce)), longest);
  const factor = 1 + (ratio > 1 ? SLOWER_SHARE : FASTER_SHARE) * (ratio - 1);
  if (ratio > CROWDED && shards > 1 && known.atOnce > 1) {
    known.atOnce = Math.max(1, Math.min(known.atOnce, shards) / factor);
    return 1;
  }
  if (ratio < 1 && known.atOnce < threads && shards > known.atOnce) {
    known.atOnce = Math.min(threads, known.atOnce / factor);
    return 1;
  }
  known.pace = clamp(known.pace * factor, PACE_BOUNDS);
  return factor ** USUAL_SHARE;
}

export function clamp(value: number, [least, most]: readonly [number, number]): number {
  return Math.min(most, Math.max(least, value));
}
