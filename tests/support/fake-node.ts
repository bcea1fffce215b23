// A node that speaks the protocol but computes nothing real: canned gradients, and a postman that loses and delays.
import { DIAGNOSIS_LENGTH } from "../../shared/program/diagnosis.ts";
import {
  type Lease,
  type Message,
  type Plan,
  PROTOCOL_VERSION,
  parsePlan,
} from "../../shared/protocol/messages.ts";
import type { MemoryHub } from "../../shared/transport/memory.ts";
import type { Connection } from "../../shared/transport/transport.ts";
import { TreeSum } from "../../shared/tree-sum.ts";

export interface FakeNode {
  readonly id: string;
  readonly connection: Connection;
  /** Resolves when the connection is closed and everything that arrived is read; rejects where the coordinator breaks the protocol. */
  readonly ended: Promise<void>;
  /** Sends the lease's right result, or what `change` makes of it; a body of its own every time. */
  answer(lease: Lease, change?: (result: Float32Array) => Float32Array): void;
  fail(lease: Lease, reason: string): void;
  /** Whether it still owes an answer: not after it was given, or the lease taken back. */
  owes(lease: Lease): boolean;
  /** Asks for no more leases; it closes once it has answered those it holds. */
  leave(): void;
}

export interface FakeNodeOptions {
  readonly hub: MemoryHub;
  readonly id: string;
  readonly threads?: number;
  /** What decides its bits. */
  readonly arithmetic?: string;
  /** Called for every lease that arrives; the default answers at once. */
  readonly onLease?: (node: FakeNode, lease: Lease) => void;
}

export function startFakeNode({
  hub,
  id,
  threads = 1,
  arithmetic = "fake",
  onLease,
}: FakeNodeOptions): FakeNode {
  const connection = hub.connect(id);
  let plan: Plan | null = null;
  /** The newest weights, as a real node holds them. */
  let weights: { readonly version: number; readonly values: Float32Array } | null = null;
  const computed = new Map<number, Float32Array>();
  const open = new Set<number>();
  const begun = new Map<number, number>();
  let leaving = false;

  /** A closed connection is what a fault schedule wants: nothing else can go wrong over memory. */
  const send = (message: Message, body?: Float32Array): void =>
    void connection.send(message, body).catch(() => undefined);
  const done = (lease: Lease): void => {
    open.delete(lease.id);
    if (leaving && open.size === 0) void connection.close("the node leaves");
  };
  const node: FakeNode = {
    id,
    connection,
    ended: serve(),
    answer(lease, change = (result) => result) {
      const body = change(computed.get(lease.id)!.slice());
      send(
        {
          type: "contribution",
          lease: lease.id,
          version: lease.version,
          computeMs: performance.now() - begun.get(lease.id)!,
        },
        body,
      );
      done(lease);
    },
    fail(lease, reason) {
      send({ type: "failed", lease: lease.id, reason });
      done(lease);
    },
    owes: (lease) => open.has(lease.id),
    leave() {
      leaving = true;
      send({ type: "leaving" });
      if (open.size === 0) void connection.close("the node leaves");
    },
  };
  return node;

  async function serve(): Promise<void> {
    send({
      type: "hello",
      protocol: PROTOCOL_VERSION,
      node: id,
      threads,
      engine: "fake",
      device: "fake",
      arithmetic,
    });
    for await (const envelope of connection.receive()) {
      const { message, body } = envelope;
      if (message.type === "welcome") plan = parsePlan(JSON.parse(new TextDecoder().decode(body)));
      else if (message.type === "prepare")
        send({ type: "ready", fingerprint: plan!.data.fingerprint, prepareMs: 1 });
      else if (message.type === "weights")
        weights = { version: message.version, values: (body as Float32Array).slice() };
      else if (message.type === "lease") take(message, body as Float32Array | null);
      else if (message.type === "cancel") open.delete(message.lease);
      envelope.release();
    }
  }

  /** Computes at once, as the weights and the body are lent. */
  function take(lease: Lease, body: Float32Array | null): void {
    open.add(lease.id);
    begun.set(lease.id, performance.now());
    computed.set(lease.id, compute(lease, body));
    if (onLease) onLease(node, lease);
    else node.answer(lease);
  }

  function compute({ work, version }: Lease, body: Float32Array | null): Float32Array {
    if (work.kind === "evaluate" || work.kind === "features")
      throw new Error("a small run evaluates nothing");
    if (work.kind === "generate") {
      const size = work.images * plan!.generate!.imageShape.reduce((product, each) => product * each, 1);
      return new Float32Array(size).fill(Math.tanh(body![0]));
    }
    if (work.kind === "probe") return new Float32Array(plan!.probe!.result.length); // data without any variety
    if (work.kind === "diagnose") return new Float32Array(DIAGNOSIS_LENGTH); // nothing is found
    const newest = weights;
    if (newest?.version !== version)
      throw new Error(`lease of version ${version}, but ${newest?.version ?? "none"} is here`);
    const { shards: total, contribution } = plan!.phases[work.phase];
    const sum = new TreeSum(total, { first: work.first, shards: work.shards });
    for (let i = 0; i < work.shards; i++) {
      const shard = work.first + i;
      const at = { seed: plan!.seed, step: work.step, phase: work.phase, shard, position: work.position };
      sum.add(
        { first: shard, shards: 1 },
        cannedGradient(newest.values, at, contribution.length),
        () => undefined,
      );
    }
    return sum.take().vector;
  }
}

interface Place {
  readonly seed: number;
  readonly step: number;
  readonly phase: number;
  readonly shard: number;
  readonly position: number;
}

/** A pure function of weights and place, of many magnitudes: another order of summing gives other bits. */
function cannedGradient(weights: Float32Array, place: Place, length: number): Float32Array {
  const { seed, step, phase, shard, position } = place;
  let hash = Math.imul(seed ^ 0x9e3779b9, 2654435761);
  for (const part of [step, phase, shard, position]) hash = Math.imul(hash ^ (part + 0x7f4a7c15), 0x85ebca6b);
  return Float32Array.from({ length }, (_, i) => {
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ i;
    const noise = (hash >>> 0) / 2 ** 31 - 1; // -1 … 1
    return 0.3 * weights[i % weights.length] + noise * 10 ** ((shard % 4) - 2);
  });
}
