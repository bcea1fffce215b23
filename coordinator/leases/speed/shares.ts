// Divides a phase's shards over nodes: to each as much as it can do in the same time, in few blocks of the tree.
import type { Member } from "../../members/member.ts";
import { wavesOf } from "./node-speed.ts";
import type { Speed } from "./speed-model.ts";

export interface Share<M> {
  readonly first: number;
  readonly end: number;
  readonly member?: M;
}

/**
 * Contiguous ranges of shards, one for each member that gets any, largest first, so that few blocks of the tree cover
 * each; one range where no member is here yet. Each next shard goes to whoever would be done with it first, which is
 * optimal for equal pieces of work; among equals, to whoever has the least for what it does at once. By default all
 * members are equally fast on each of their threads.
 */
export function divideShards<M extends Pick<Member, "threads">>(
  shards: number,
  members: readonly M[],
  speeds: readonly Speed[] = members.map(({ threads }) => ({ wave: 1, atOnce: threads, delay: 0 })),
): Share<M>[] {
  if (members.length === 0) return [{ first: 0, end: shards }];
  const counts = members.map(() => 0);
  for (let shard = 0; shard < shards; shard++) counts[nextFor(speeds, counts)]++;
  const shares: Share<M>[] = [];
  let first = 0;
  const largestFirst = members.map((_, i) => i).toSorted((a, b) => counts[b] - counts[a]);
  for (const i of largestFirst) {
    if (counts[i] === 0) break;
    shares.push({ first, end: first + counts[i], member: members[i] });
    first += counts[i];
  }
  return shares;
}

function nextFor(speeds: readonly Speed[], counts: readonly number[]): number {
  const doneAt = (i: number): number => {
    const { wave, atOnce, delay } = speeds[i];
    return delay + wavesOf(counts[i] + 1, atOnce) * wave;
  };
  const filling = (i: number): number => (counts[i] + 1) / speeds[i].atOnce;
  let best = 0;
  for (let i = 1; i < speeds.length; i++) {
    const difference = doneAt(i) - doneAt(best) || filling(i) - filling(best);
    if (difference < 0) best = i;
  }
  return best;
}
