// One lease that is out, and the item that it is of.
import type { Item } from "./lease-item.ts";
import type { Member } from "./members.ts";

/** An item of the present batch, until it has one accepted result. */
export interface Pending {
  readonly item: Item;
  settled: boolean;
  readonly failures: string[];
  /** Who had it last and did not answer. */
  lastMember: Member | null;
  /** How often its lease was taken back because no answer came in time. */
  overdue: number;
  /** Leases of it that are out: two where the first is late, or for a trial. */
  out: number;
}

export interface Grant {
  readonly id: number;
  readonly pending: Pending;
  readonly member: Member;
  /** Milliseconds, by the coordinator's clock. */
  readonly grantedAt: number;
  /** Turns of its threads that the member needs until this is done, with what it had before. */
  readonly turns: number;
  /** Milliseconds after `grantedAt` when it is taken back. */
  readonly deadlineMs: number;
}
