// Leases for the sake of measuring: a node that is too slow for a share computes what another has as well, so that it
// is seen when it has become faster. Nobody waits for it.
import type { Grant } from "../grant.ts";
import type { Member } from "../../members/member.ts";

/** Trials that were not first, by lease; each goes on until its member answers, leaves, or its time is up. */
export class Trials {
  readonly #lost = new Map<number, Grant>();

  add(grant: Grant): void {
    this.#lost.set(grant.id, grant);
  }

  /** One trial at a time is enough. */
  has(member: Member): boolean {
    return [...this.#lost.values()].some((grant) => grant.member === member);
  }

  /** Ends the trial that a member answers, if it is one. */
  answered(id: number, member: Member): Grant | null {
    const grant = this.#lost.get(id);
    if (grant?.member !== member) return null;
    this.#lost.delete(id);
    return grant;
  }

  leave(member: Member): void {
    for (const grant of this.#lost.values()) if (grant.member === member) this.#lost.delete(grant.id);
  }

  /** Ends those whose deadline has passed. */
  overdue(now: number): Grant[] {
    const overdue = [...this.#lost.values()].filter(
      ({ grantedAt, deadlineMs }) => now - grantedAt >= deadlineMs,
    );
    for (const { id } of overdue) this.#lost.delete(id);
    return overdue;
  }
}
