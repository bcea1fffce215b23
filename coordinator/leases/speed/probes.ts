// Leases for the sake of measuring, for nodes that are too slow for a share.
//
// Such a node computes what another node computes too, so that its speed is measured again. Nobody waits for it.
import type { Lease } from "../task.ts";
import type { Member } from "../../members/member.ts";

/** Probes whose task another node has done: each goes on until its member answers, leaves, or its time is up. */
export class Probes {
  readonly #lost = new Map<number, Lease>();

  add(lease: Lease): void {
    this.#lost.set(lease.id, lease);
  }

  /** One probe at a time is enough. */
  has(member: Member): boolean {
    return [...this.#lost.values()].some((lease) => lease.member === member);
  }

  /** Ends the probe that a member answers, if it is one. */
  answered(id: number, member: Member): Lease | null {
    const lease = this.#lost.get(id);
    if (lease?.member !== member) return null;
    this.#lost.delete(id);
    return lease;
  }

  leave(member: Member): void {
    for (const lease of this.#lost.values()) if (lease.member === member) this.#lost.delete(lease.id);
  }

  /** Ends those whose deadline has passed. */
  overdue(now: number): Lease[] {
    const overdue = [...this.#lost.values()].filter(
      ({ leasedAt, deadlineMs }) => now - leasedAt >= deadlineMs,
    );
    for (const { id } of overdue) this.#lost.delete(id);
    return overdue;
  }
}
