// Leases: which block of work is with whom, until when; every answer is counted, none is believed twice.
import { GanglionError, messageOf } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Work } from "../shared/protocol/messages.ts";
import type { Envelope } from "../shared/transport/transport.ts";
import type { Member, MemberListener, Members } from "./members.ts";
import { DIVERGED_REMEDY } from "./remedies.ts";

/** A piece of work that one node computes as a whole. */
export interface Item {
  readonly work: Work;
  /** Weights version to compute with. */
  readonly version: number;
  readonly body?: Float32Array;
  /** How long it takes compared with others: shards of a phase. */
  readonly size: number;
  /** Who should get it first; anyone when absent or gone. */
  readonly preferred?: Member;
  /** Checks and keeps a result; returns why it is refused, or null. Takes over the envelope when it returns null. */
  accept(result: Float32Array, member: Member, envelope: Envelope): Rejection | null;
}

export type Rejection = "length" | "body" | "not finite";

/** received = accepted + duplicate + stale + rejected. */
export interface LeaseCounts {
  received: number;
  accepted: number;
  duplicate: number;
  stale: number;
  readonly rejected: Record<string, number>;
}

export interface LeasesOptions {
  readonly members: Pick<Members, "ready" | "listen">;
  readonly log: Log;
  readonly warn: (code: string, message: string) => void;
  /** Milliseconds; a test's clock. */
  readonly now?: () => number;
}

interface Pending {
  readonly item: Item;
  settled: boolean;
  readonly failures: string[];
  lastMember: Member | null;
}

interface Grant {
  readonly pending: Pending;
  readonly member: Member;
  readonly grantedAt: number;
  readonly deadlineMs: number;
}

/** Before anything was measured a lease may take this long; afterwards a multiple of what is usual. */
const FIRST_DEADLINE_MS = 1_800_000;
const LEAST_DEADLINE_MS = 10_000;
const PATIENCE = 10;
const MAX_FAILURES = 3;

export class Leases implements MemberListener {
  readonly counts: LeaseCounts = { received: 0, accepted: 0, duplicate: 0, stale: 0, rejected: {} };
  readonly #options: LeasesOptions;
  readonly #now: () => number;
  readonly #grants = new Map<number, Grant>();
  /** Leases of the present batch that were taken back. */
  readonly #retired = new Map<number, Pending>();
  #waiting: Pending[] = [];
  #nextId = 1;
  #usualMs = 0;
  #batch: { open: number; resolve(): void; reject(error: unknown): void } | null = null;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    options.members.listen(this);
  }

  /** What did not count, by reason. */
  get refused(): Readonly<Record<string, number>> {
    const { duplicate, stale, rejected } = this.counts;
    return { ...(duplicate > 0 && { duplicate }), ...(stale > 0 && { stale }), ...rejected };
  }

  /**
   * Leases every item, again where a node fails, leaves or is late, and resolves when each has one accepted result.
   *
   * @throws GanglionError WORKER when an item fails three times, DIVERGED when its results are not finite three times
   */
  async complete(items: readonly Item[], signal: AbortSignal): Promise<void> {
    if (this.#batch) throw new RangeError("one batch of leases at a time");
    if (items.length === 0) return;
    const check = setInterval(() => this.expire(), 1000);
    const abort = (): void => this.#batch?.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#batch = { open: items.length, resolve, reject };
        this.#waiting = items.map((item) => ({ item, settled: false, failures: [], lastMember: null }));
        if (signal.aborted) abort();
        else this.#assign();
      });
    } finally {
      clearInterval(check);
      signal.removeEventListener("abort", abort);
      for (const id of this.#grants.keys()) this.#takeBack(id);
      this.#retired.clear();
      this.#waiting = [];
      this.#batch = null;
    }
  }

  ready(): void {
    this.#assign();
  }

  left(member: Member): void {
    for (const [id, grant] of this.#grants) {
      if (grant.member === member) this.#again(id, grant);
    }
    this.#assign();
  }

  failed(member: Member, lease: number, reason: string): void {
    const grant = this.#grants.get(lease);
    if (grant?.member !== member) return; // taken back already: its failure changes nothing
    this.#options.warn("WORKER", `node ${member.id} failed at a lease: ${reason}`);
    this.#fail(
      lease,
      grant,
      new GanglionError(
        "WORKER",
        `a lease failed ${MAX_FAILURES} times, last on node ${member.id}: ${reason}`,
      ),
      reason,
    );
  }

  contribution(member: Member, lease: number, envelope: Envelope): void {
    this.counts.received++;
    const grant = this.#grants.get(lease);
    if (grant?.member !== member) {
      const duplicate = this.#retired.get(lease)?.settled ?? false;
      this.counts[duplicate ? "duplicate" : "stale"]++;
      envelope.release();
      return;
    }
    const { body } = envelope;
    const rejection =
      body instanceof Float32Array ? grant.pending.item.accept(body, member, envelope) : "body";
    if (rejection === null) this.#settle(lease, grant);
    else {
      envelope.release();
      this.#reject(lease, grant, rejection);
    }
  }

  /** Takes back what is overdue and leases it again. */
  expire(): void {
    const now = this.#now();
    for (const [id, grant] of this.#grants) {
      if (now - grant.grantedAt < grant.deadlineMs) continue;
      this.#options.warn(
        "WORKER",
        `node ${grant.member.id} did not answer a lease within ${Math.round(grant.deadlineMs / 1000)} s: it is leased again`,
      );
      this.#again(id, grant);
    }
    this.#assign();
  }

  #settle(id: number, grant: Grant): void {
    this.counts.accepted++;
    grant.member.contributions++;
    const perUnit = (this.#now() - grant.grantedAt) / grant.pending.item.size;
    this.#usualMs = this.#usualMs === 0 ? perUnit : 0.9 * this.#usualMs + 0.1 * perUnit;
    grant.pending.settled = true;
    this.#grants.delete(id);
    this.#retired.set(id, grant.pending);
    if (this.#batch && --this.#batch.open === 0) this.#batch.resolve();
  }

  #reject(id: number, grant: Grant, rejection: Rejection): void {
    this.counts.rejected[rejection] = (this.counts.rejected[rejection] ?? 0) + 1;
    const { member } = grant;
    this.#options.warn("WORKER", `a contribution of node ${member.id} was refused: ${rejection}`);
    const diverged = rejection === "not finite";
    this.#fail(
      id,
      grant,
      new GanglionError(
        diverged ? "DIVERGED" : "WORKER",
        diverged
          ? `the results are not finite, ${MAX_FAILURES} times over: ${DIVERGED_REMEDY}`
          : `contributions of node ${member.id} were refused: ${rejection}`,
      ),
      rejection,
    );
  }

  #fail(id: number, grant: Grant, error: GanglionError, reason: string): void {
    grant.pending.failures.push(reason);
    if (grant.pending.failures.length >= MAX_FAILURES) this.#batch?.reject(error);
    else {
      this.#again(id, grant);
      this.#assign();
    }
  }

  #again(id: number, { pending, member }: Grant): void {
    this.#takeBack(id);
    pending.lastMember = member;
    this.#waiting.push(pending);
  }

  #takeBack(id: number): void {
    const grant = this.#grants.get(id)!;
    this.#grants.delete(id);
    this.#retired.set(id, grant.pending);
    this.#send(grant.member, grant.member.connection.send({ type: "cancel", lease: id }));
  }

  /** Gives what waits to its preferred member, or to the least busy one, another than the last if there is one. */
  #assign(): void {
    const ready = this.#options.members.ready();
    if (ready.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const pending of waiting) {
      const { preferred } = pending.item;
      if (preferred && !pending.lastMember && ready.includes(preferred)) this.#grant(pending, preferred);
      else {
        const others = ready.filter((member) => member !== pending.lastMember);
        const busy = (member: Member): number => this.#loadOf(member) / member.threads;
        this.#grant(
          pending,
          (others.length > 0 ? others : ready).reduce((best, member) =>
            busy(member) < busy(best) ? member : best,
          ),
        );
      }
    }
  }

  #grant(pending: Pending, member: Member): void {
    const id = this.#nextId++;
    const { work, version, body, size } = pending.item;
    const queue = Math.ceil((this.#loadOf(member) + size) / member.threads);
    const deadlineMs =
      this.#usualMs === 0 ? FIRST_DEADLINE_MS : Math.max(LEAST_DEADLINE_MS, PATIENCE * this.#usualMs * queue);
    this.#grants.set(id, { pending, member, grantedAt: this.#now(), deadlineMs });
    this.#send(member, member.connection.send({ type: "lease", id, version, deadlineMs, work }, body));
  }

  #loadOf(member: Member): number {
    let load = 0;
    for (const grant of this.#grants.values()) if (grant.member === member) load += grant.pending.item.size;
    return load;
  }

  /** A connection that breaks tells `left` itself. */
  #send(member: Member, sent: Promise<void>): void {
    sent.catch((error: unknown) =>
      this.#options.log.debug({ node: member.id, error: messageOf(error) }, "not sent"),
    );
  }
}
