// The cheapest way to cut a directed graph between two of its places (Ford and Fulkerson 1956).

export interface Edge {
  readonly from: number;
  readonly to: number;
  /** What it costs to cut it; Infinity where it must not be. */
  readonly cost: number;
}

/** Capacity that is left of an edge, and where its reverse lies among the edges of `to`. */
interface Arc {
  readonly to: number;
  readonly reverse: number;
  left: number;
}

/**
 * Which of `count` places stay with `source` when the edges that lead from them to the others are cut, and what is cut
 * costs as little as can be; of equally cheap cuts the one that leaves the fewest. By blocking flows (Dinic 1970); costs are
 * whole numbers, so that their sums are exact and the answer is the same everywhere.
 *
 * @throws RangeError for costs that are negative or no numbers, with which it would never end
 */
export function minCut(count: number, edges: readonly Edge[], source: number, sink: number): boolean[] {
  if (edges.some(({ cost }) => !(cost >= 0)))
    throw new RangeError("what an edge costs is no number from 0 on");
  const arcs: Arc[][] = Array.from({ length: count }, () => []);
  for (const { from, to, cost } of edges) {
    arcs[from].push({ to, reverse: arcs[to].length, left: cost });
    arcs[to].push({ to: from, reverse: arcs[from].length - 1, left: 0 });
  }
  for (;;) {
    const levels = levelsFrom(arcs, source);
    if (levels[sink] < 0) return levels.map((level) => level >= 0);
    const next = arcs.map(() => 0);
    while (push({ arcs, levels, next, sink }, source, Number.POSITIVE_INFINITY) > 0);
  }
}

/** How many arcs lead to each place, of those on which something is left; -1 where none do. */
function levelsFrom(arcs: readonly (readonly Arc[])[], source: number): number[] {
  const levels = arcs.map(() => -1);
  levels[source] = 0;
  const queue = [source];
  for (const from of queue) {
    for (const { to, left } of arcs[from]) {
      if (left <= 0 || levels[to] >= 0) continue;
      levels[to] = levels[from] + 1;
      queue.push(to);
    }
  }
  return levels;
}

interface Search {
  readonly arcs: readonly (readonly Arc[])[];
  readonly levels: readonly number[];
  /** By place: its arcs before this one lead nowhere. */
  readonly next: number[];
  readonly sink: number;
}

/** Sends as much as one path takes from a place to the sink, at most `most`; how much that was. */
function push(search: Search, from: number, most: number): number {
  if (from === search.sink) return most;
  const { arcs, levels, next } = search;
  for (; next[from] < arcs[from].length; next[from]++) {
    const arc = arcs[from][next[from]];
    if (arc.left <= 0 || levels[arc.to] !== levels[from] + 1) continue;
    const sent = push(search, arc.to, Math.min(most, arc.left));
    if (sent === 0) continue;
    arc.left -= sent;
    arcs[arc.to][arc.reverse].left += sent;
    return sent;
  }
  return 0;
}
