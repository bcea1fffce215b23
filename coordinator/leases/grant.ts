// One lease that is out, and the item that it is of.
import type { Item } from "./task.ts";
import type { Member } from "../members/member.ts";

/** An item of the present batch, until it has one accepted result. */
export interface Pending {
  readonly item: Item;
  settled: boolean;
  readonly failures: Failure[];
  /** Who had it last and did not answer. */
  lastMember: Member | null;
  /** How often its lease was taken back because no answer came in time. */
  overdue: number;
  /** Milliseconds, by the coordinator's clock: until then it waits, unless a node comes that has not failed at it. */
  notBefore: number;
  /** Milliseconds, by the coordinator's clock: when its newest lease was granted. */
  grantedAt: number;
  /** Leases of it that are out: two where the first is late, or for a trial. */
  out: number;
}

/** A node answered, and not with a result that could be accepted. */
export interface Failure {
  /** The node's name. */
  readonly node: string;
  readonly kind: "failed" | "refused" | "not finite" | "far off";
  readonly reason: string;
}

export interface Grant {
  readonly id: number;
  readonly pending: Pending;
  readonly member: Member;
  /** Milliseconds, by the coordinator's clock. */
  readonly grantedAt: number;
  /** Shards that the member has to do until this is done, with what it had before. */
  readonly load: number;
  /** Milliseconds after `grantedAt` when it is taken back. */
  readonly deadlineMs: number;
}
