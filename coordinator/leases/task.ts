// What is leased: a task is work that needs one accepted result; a lease gives it to a node, with a deadline.
import type { Work } from "../../shared/protocol/messages.ts";
import type { Envelope } from "../../shared/transport/transport.ts";
import type { Member } from "../members/member.ts";

/** One node computes it as a whole. */
export interface Task {
  readonly work: Work;
  /** Weights version to compute with. */
  readonly version: number;
  readonly body?: Float32Array;
  /** How long it takes compared with others: shards of a phase. */
  readonly size: number;
  /** Who should get it first; anyone when absent or gone. */
  readonly preferred?: Member;
  /** Who computes it as well, so that its speed is measured again. */
  readonly probe?: Member;
}

/** Receives the results of a batch of tasks. */
export interface Results<T extends Task> {
  /** Checks and keeps a result; returns why it is refused, or null. Takes over the envelope when it returns null. */
  accept(task: T, result: Float32Array, member: Member, envelope: Envelope): Rejection | null;
  /** How far off the answers to a task are that were, in a clause; null where none was. */
  describeDoubt?(task: T): string | null;
  /** Nodes whose answers to a task were far off, and are not what was accepted in the end. */
  contradicted?(task: T): ReadonlySet<string>;
}

/** `far off`: it may be right, and is when another node finds the same. */
export type Rejection = "length" | "body" | "not finite" | "far off" | "out of range";

/** A task of the present batch, and what has become of it so far. */
export interface OpenTask extends Task {
  /** It has its accepted result. */
  isDone: boolean;
  readonly failures: Failure[];
  /** Who had the newest lease that was taken back. */
  lastMember: Member | null;
  /** How often a lease of it was taken back because no answer came in time. */
  timeouts: number;
  /** Milliseconds, by the coordinator's clock: until then it waits, unless a node comes that has not failed at it. */
  notBefore: number;
  /** Milliseconds, by the coordinator's clock: when its newest lease began. */
  leasedAt: number;
  /** Leases of it that are out: two where the first is late, or for a probe. */
  leases: number;
}

export function openTask(task: Task): OpenTask {
  const state = { isDone: false, failures: [], lastMember: null, timeouts: 0, notBefore: 0, leasedAt: 0 };
  return { ...task, ...state, leases: 0 };
}

/** A node answered, and not with a result that could be accepted. */
export interface Failure {
  /** The node's name. */
  readonly node: string;
  readonly kind: "failed" | "refused" | "not finite" | "far off";
  readonly reason: string;
}

/** Whether a node has failed at a task, once at least. */
export function hasFailed({ failures }: Pick<OpenTask, "failures">, id: string): boolean {
  return failures.some(({ node }) => node === id);
}

export interface Lease {
  readonly id: number;
  readonly task: OpenTask;
  readonly member: Member;
  /** Milliseconds, by the coordinator's clock. */
  readonly leasedAt: number;
  /** Shards that the member has to do until this is done, with what it had before. */
  readonly load: number;
  /** Milliseconds after `leasedAt` when it is taken back. */
  readonly deadlineMs: number;
}
