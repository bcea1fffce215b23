// Which nodes get work, and which may decide what is right: by their mistakes, and by how long they have been here.
import type { Member } from "../../members/member.ts";
import type { Members } from "../../members/members.ts";
import { Bench, type BenchOptions } from "./bench.ts";
import { mayDecide } from "./jury.ts";

export interface TrustOptions extends BenchOptions {
  readonly members: Pick<Members, "ready" | "bench" | "restore" | "benched" | "all">;
  /** No other node can join, so the run waits for none that could do better. */
  readonly isClosed: boolean;
}

export class Trust {
  readonly #options: TrustOptions;
  readonly #bench: Bench;
  /** Members that were ready before: who comes back from the bench has not joined. */
  readonly #seen = new WeakSet<Member>();
  /** Milliseconds, by the clock: when the newest member became ready. */
  #joinedAt = 0;

  constructor(options: TrustOptions) {
    this.#options = options;
    this.#bench = new Bench(options);
  }

  /** A member can take leases; one that is benched is benched again. */
  ready(member: Member): void {
    if (!this.#seen.has(member)) this.#joinedAt = this.#options.now();
    this.#seen.add(member);
    if (this.#bench.isBenched(member.id)) this.#options.members.bench(member);
  }

  /** A node's answer was accepted. */
  good(node: string): void {
    this.#bench.good(node);
  }

  /**
   * A node made a mistake: `what`, a clause. After some it gets no work for a while, unless no other node could ever do it.
   * Returns the member whose leases are to be taken back, if it gets none from now on.
   */
  fault(node: string, what: string): Member | null {
    const { members, isClosed } = this.#options;
    const member = members.all().find(({ id }) => id === node) ?? null;
    if (member) member.faults++;
    if (isClosed && members.ready().every(({ id }) => id === node)) return null;
    if (!this.#bench.fault(node, what) || !member) return null;
    members.bench(member);
    return member;
  }

  /** Whether a node has made a mistake that is not forgiven. */
  isDoubted(node: string): boolean {
    return this.#bench.isDoubted(node);
  }

  /** Whether these nodes may decide by themselves what they found, though no other is there to confirm it. */
  mayDecide(nodes: ReadonlySet<string>): boolean {
    return mayDecide(nodes, this.#joinedAt, this.#options);
  }

  /** Gives work again to those whose time on the bench is over. */
  restoreDue(): void {
    const { members } = this.#options;
    for (const member of members.benched()) if (!this.#bench.isBenched(member.id)) members.restore(member);
  }

  /** Milliseconds until the first of them is back; Infinity where none is benched. */
  returnsInMs(): number {
    return this.#bench.returnsInMs();
  }
}
