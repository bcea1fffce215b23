// A node that takes part: what its hello says, and what has been measured and counted since.
import type { Message } from "../../shared/protocol/messages.ts";
import type { Connection } from "../../shared/transport/transport.ts";
import type { NodeView } from "../dashboard/events.ts";
import type { Hello } from "./hello.ts";

export type Contribution = Extract<Message, { type: "contribution" }>;

export interface Member {
  readonly id: string;
  readonly connection: Connection;
  readonly threads: number;
  readonly engine: string;
  readonly device: string;
  /** What decides its bits: engine, version, CPU features; `arithmetic` in its hello. */
  readonly numerics: string;
  state: NodeView["state"];
  /** How long its threads took to prepare the programs; null until it is ready. */
  prepareMs: number | null;
  /** Contributions accepted. */
  contributions: number;
  /** Contributions that were refused, and leases that it failed at or did not answer in time. */
  faults: number;
  /** Milliseconds that a thread takes for a shard of a phase, by its latest answers; null before the first. */
  shardMs: number | null;
}

export function newMember(
  connection: Connection,
  { node, threads, engine, device, arithmetic: numerics }: Hello,
): Member {
  return {
    id: node,
    connection,
    threads,
    engine,
    device,
    numerics,
    state: "joining",
    prepareMs: null,
    contributions: 0,
    faults: 0,
    shardMs: null,
  };
}

/** As dashboards show it. */
export function viewOf(member: Member): NodeView {
  const { id, threads, engine, device, numerics, state, prepareMs, contributions, faults, shardMs } = member;
  return {
    node: id,
    threads,
    engine,
    device,
    numerics,
    state,
    prepareMs,
    shardMs: shardMs === null ? null : Number(shardMs.toPrecision(3)),
    contributions,
    faults,
  };
}
