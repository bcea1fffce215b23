// Nodes that take their time over each shard, by the run's clock; how long a step takes can then be counted exactly.
import type { Lease } from "../../shared/protocol/messages.ts";
import type { MemoryHub } from "../../shared/transport/memory.ts";
import { type FakeNode, startFakeNode } from "./fake-node.ts";

/** One look at the clock. */
const TICK_MS = 10;

export interface PacedNodesOptions {
  readonly hub: MemoryHub;
  /** Milliseconds a shard of each node, while the run is at a step; Infinity while it stands still. */
  readonly shardMs: Readonly<Record<string, (step: number) => number>>;
  /** Moves the clock of the run. */
  readonly passTime: (milliseconds: number) => void;
}

/** Nodes of one thread, which do what they are leased one after the other; returns what ends the passing of time. */
export function startPacedNodes({ hub, shardMs, passTime }: PacedNodesOptions): () => Promise<void> {
  const clock = { step: 0 };
  const nodes = Object.entries(shardMs).map(([id, pace]) =>
    startPacedNode(hub, id, () => pace(clock.step), clock),
  );
  const end = new AbortController();
  const passing = (async () => {
    while (!end.signal.aborted) {
      passTime(TICK_MS);
      for (const each of nodes) each.work();
      await new Promise(setImmediate);
    }
  })();
  return async () => {
    end.abort();
    await passing;
    await Promise.all(nodes.map(({ node }) => node.ended));
  };
}

function startPacedNode(
  hub: MemoryHub,
  id: string,
  shardMs: () => number,
  newest: { step: number },
): { readonly node: FakeNode; work(): void } {
  const queue: { readonly lease: Lease; shards: number }[] = [];
  const node = startFakeNode({
    hub,
    id,
    onLease(_node, lease) {
      const { work } = lease;
      if (work.kind === "phase") newest.step = work.step;
      queue.push({ lease, shards: work.kind === "phase" ? work.shards : 1 });
    },
  });
  return {
    node,
    work() {
      while (queue.length > 0 && !node.owes(queue[0].lease)) queue.shift(); // cancelled
      if (queue.length === 0) return;
      queue[0].shards -= TICK_MS / shardMs();
      if (queue[0].shards < 1e-9) node.answer(queue.shift()!.lease);
    },
  };
}
