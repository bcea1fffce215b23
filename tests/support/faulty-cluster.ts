// Nodes that fail, leave, come back and answer twice, wrongly, late or never, as a seed decides.
import type { Lease } from "../../shared/protocol/messages.ts";
import { stream } from "../../shared/random/random.ts";
import type { MemoryHub } from "../../shared/transport/memory.ts";
import { type FakeNode, startFakeNode } from "./fake-node.ts";

const KINDS = [
  "late",
  "twice",
  "lost",
  "short",
  "not finite",
  "failed",
  "crashed",
  "crashed after sending",
  "left",
  "joined again",
] as const;
export type FaultKind = (typeof KINDS)[number];

export interface FaultyClusterOptions {
  readonly hub: MemoryHub;
  readonly seed: number;
  readonly nodes: number;
  /** Moves the clock of the run. */
  readonly passTime: (milliseconds: number) => void;
}

export interface FaultyCluster {
  /** How often each fault was made. */
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** No more faults and deliveries; resolves when every node has ended, rejects where the coordinator broke the protocol. */
  close(): Promise<void>;
}

/** How often the coordinator looks for what is overdue. */
const LOOK_MS = 1000;
/** An task fails for good the third time. */
const STRIKES = 2;

/** Keeps so many nodes in the run, whatever happens to them: what is gone is replaced. */
export function startFaultyCluster({ hub, seed, nodes, passTime }: FaultyClusterOptions): FaultyCluster {
  const random = stream(seed, "faults");
  const faults = new Map<FaultKind, number>();
  const strikes = new Map<string, number>();
  const ended: Promise<void>[] = [];
  const mail: { readonly due: number; readonly deliver: () => void }[] = [];
  let turn = 0;
  let names = 0;
  const closing = new AbortController();

  const later = (turns: number, act: () => void): void => void mail.push({ due: turn + turns, deliver: act });
  const soon = (act: () => void): void => later(random.integer(4), act);
  const start = (id: string): void => {
    if (closing.signal.aborted || !hub.status().connected) return;
    ended.push(startFakeNode({ hub, id, threads: 1 + random.integer(3), onLease }).ended);
  };
  const replace = (): void => soon(() => start(`node-${names++}`));

  for (let i = 0; i < nodes; i++) start(`node-${names++}`);
  const delivering = deliver();
  return {
    faults,
    async close() {
      closing.abort();
      await delivering;
      await Promise.all(ended);
    },
  };

  /** A turn of the event loop is 20 ms of the run. */
  async function deliver(): Promise<void> {
    while (!closing.signal.aborted) {
      turn++;
      passTime(20);
      const due = mail.filter((letter) => letter.due <= turn);
      mail.splice(0, mail.length, ...mail.filter((letter) => letter.due > turn));
      for (const letter of due) letter.deliver();
      await new Promise(setImmediate);
    }
  }

  function onLease(node: FakeNode, lease: Lease): void {
    const kind = random.integer(100) < 45 ? KINDS[random.integer(KINDS.length)] : null;
    const task = `${lease.version} ${lease.work.kind} ${lease.work.first}`;
    const struck = strikes.get(task) ?? 0;
    const strike = kind === "short" || kind === "not finite" || kind === "failed";
    if (kind === null || (strike && struck >= STRIKES)) {
      soon(() => node.answer(lease));
      return;
    }
    if (strike) strikes.set(task, struck + 1);
    faults.set(kind, (faults.get(kind) ?? 0) + 1);
    misbehave(kind, node, lease);
  }

  function misbehave(kind: FaultKind, node: FakeNode, lease: Lease): void {
    switch (kind) {
      case "late":
        return later(10, () => node.answer(lease));
      case "twice":
        soon(() => node.answer(lease));
        return soon(() => node.answer(lease));
      case "lost":
        return later(6, () => passTime(lease.deadlineMs + LOOK_MS));
      case "short":
        return soon(() => node.answer(lease, (result) => result.subarray(1)));
      case "not finite":
        return soon(() => node.answer(lease, (result) => spoil(result)));
      case "failed":
        return soon(() => node.fail(lease, "the fault schedule says so"));
      case "crashed":
        replace();
        return void node.connection.close("killed");
      case "crashed after sending":
        replace();
        node.answer(lease);
        return void node.connection.close("killed");
      case "left":
        replace();
        soon(() => node.answer(lease));
        return node.leave();
      case "joined again":
        soon(() => start(node.id));
        return later(5, () => node.answer(lease));
      default:
        return kind satisfies never;
    }
  }

  /** One number in it, anywhere. */
  function spoil(result: Float32Array): Float32Array {
    result[random.integer(result.length)] = [Number.NaN, Infinity, -Infinity][random.integer(3)];
    return result;
  }
}
