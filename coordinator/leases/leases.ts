// Leases: a batch of work goes out to the nodes until each piece has one valid answer; every answer is counted.
import type { Envelope } from "../../shared/transport/transport.ts";
import { Bench } from "./trust/bench.ts";
import type { Failure, Grant, Pending } from "./grant.ts";
import { Grants, type GrantsOptions, hasFailed } from "./grants.ts";
import { MAX_FAILURES, failureOf, isHopeless } from "./trust/hopeless.ts";
import { mayDecide } from "./trust/jury.ts";
import type { Item, Rejection } from "./task.ts";
import type { Contribution, Member } from "../members/member.ts";
import type { MemberListener, Members } from "../members/members.ts";
import type { OutWork } from "./missing-work.ts";

/** received = accepted + duplicate + stale + rejected. */
export interface LeaseCounts {
  received: number;
  accepted: number;
  duplicate: number;
  stale: number;
  readonly rejected: Record<string, number>;
}

export interface LeasesOptions extends Pick<GrantsOptions, "pace" | "log" | "warn"> {
  readonly members: Pick<Members, "ready" | "listen" | "bench" | "restore" | "benched" | "all">;
  /** No other node can join, so that nobody is waited for who could do better. */
  readonly isClosed: boolean;
  /** Milliseconds; a test's clock. */
  readonly now?: () => number;
}

/** Work that all have failed at is tried again after so long. */
const HOLD_MS = 5000;

const REFUSALS: Readonly<Record<Rejection, string>> = {
  length: "it has another length than the work's result",
  body: "it has no numbers",
  "not finite": "not finite",
  "far off": "its norm is far off",
  "out of range": "it holds what no such work can give",
};

export class Leases implements MemberListener {
  readonly counts: LeaseCounts = { received: 0, accepted: 0, duplicate: 0, stale: 0, rejected: {} };
  readonly #options: LeasesOptions;
  readonly #now: () => number;
  readonly #bench: Bench;
  readonly #grants: Grants;
  /** Members that were ready before: who comes back from the bench has not joined. */
  readonly #seen = new WeakSet<Member>();
  /** Milliseconds, by the clock: when the newest member became ready. */
  #joinedAt = 0;
  #batch: { open: number; resolve(): void; reject(error: unknown): void } | null = null;

  constructor(options: LeasesOptions) {
    const { members, warn, now = () => performance.now() } = options;
    this.#options = options;
    this.#now = now;
    this.#bench = new Bench({ warn, now });
    this.#grants = new Grants({
      ...options,
      now,
      bench: this.#bench,
      review: () => this.review(),
      silent: ({ id }, what) => this.#fault(id, what),
      fail: (error) => this.#batch?.reject(error),
    });
    members.listen(this);
  }

  /** What did not count, by reason. */
  get refused(): Readonly<Record<string, number>> {
    const { duplicate, stale, rejected } = this.counts;
    return { ...(duplicate > 0 && { duplicate }), ...(stale > 0 && { stale }), ...rejected };
  }

  /** Members that work can be given to. */
  available(): Member[] {
    this.#restoreDue();
    return this.#options.members.ready();
  }

  /** What the present batch waits for. */
  out(): readonly OutWork[] {
    return this.#grants.out();
  }

  /**
   * Leases every item, again where a node fails, leaves or is late, and resolves when each has one accepted result.
   *
   * @throws GanglionError WORKER when no node gives an item an answer that can be accepted, DIVERGED when its results are
   *   not finite on any
   */
  async complete(items: readonly Item[], signal: AbortSignal): Promise<void> {
    if (this.#batch) throw new RangeError("one batch of leases at a time");
    if (items.length === 0) return;
    this.#restoreDue();
    const abort = (): void => this.#batch?.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#batch = { open: items.length, resolve, reject };
        if (signal.aborted) abort();
        else this.#grants.offer(items);
      });
    } finally {
      signal.removeEventListener("abort", abort);
      this.#grants.clear();
      this.#batch = null;
    }
  }

  ready(member: Member): void {
    if (!this.#seen.has(member)) this.#joinedAt = this.#now();
    this.#seen.add(member);
    if (this.#bench.isBenched(member.id)) this.#options.members.bench(member);
    this.#grants.assign();
  }

  left(member: Member): void {
    this.#grants.leave(member);
  }

  failed(member: Member, lease: number, reason: string): void {
    const grant = this.#grants.get(lease);
    if (grant?.member !== member) return; // taken back already: its failure changes nothing
    this.#options.warn("WORKER", `node ${member.id} failed at a lease: ${reason}`);
    this.#fail(grant, { kind: "failed", reason });
  }

  contribution(member: Member, { lease, computeMs }: Contribution, envelope: Envelope): void {
    this.counts.received++;
    const grant = this.#grants.get(lease);
    if (grant?.member !== member) {
      this.counts[this.#grants.tooLate(lease, member, computeMs)]++;
      envelope.release();
      return;
    }
    const { body } = envelope;
    const rejection =
      body instanceof Float32Array ? grant.pending.item.accept(body, member, envelope) : "body";
    if (rejection === null) this.#settle(grant, computeMs);
    else {
      envelope.release();
      this.#reject(grant, rejection);
    }
  }

  /** Whether these nodes may decide by themselves what they found, though no other is there to confirm it. */
  mayDecide(nodes: ReadonlySet<string>): boolean {
    return mayDecide(nodes, this.#joinedAt, { ...this.#options, now: this.#now });
  }

  /** Whether work is out, and no answer has come for much longer than one should need, five seconds at least. */
  isSilent(): boolean {
    return this.#grants.isSilent();
  }

  /** Looks at the clock now: the grants do so by themselves. */
  review(): void {
    this.#restoreDue();
    this.#grants.reviewTimes();
  }

  #settle(grant: Grant, computeMs: number): void {
    this.counts.accepted++;
    grant.member.contributions++;
    this.#bench.good(grant.member.id);
    this.#grants.settle(grant, computeMs);
    this.#judgeDoubted(grant.pending);
    if (this.#batch && --this.#batch.open === 0) this.#batch.resolve();
  }

  #reject(grant: Grant, rejection: Rejection): void {
    this.#count(rejection, 1);
    const reason = REFUSALS[rejection];
    if (rejection !== "far off")
      this.#options.warn("WORKER", `a contribution of node ${grant.member.id} was refused: ${reason}`);
    const kind = rejection === "not finite" || rejection === "far off" ? rejection : "refused";
    this.#fail(grant, { kind, reason });
  }

  #fail(grant: Grant, { kind, reason }: Pick<Failure, "kind" | "reason">): void {
    const { pending, member } = grant;
    const { failures } = pending;
    failures.push({ node: member.id, kind, reason });
    this.#grants.again(grant);
    if (!isDoubtful(kind)) this.#fault(member.id, reason);
    const available = this.available();
    const may = (nodes: ReadonlySet<string>): boolean => this.mayDecide(nodes);
    if (isHopeless(failures, { available, mayDecide: may })) return this.#batch?.reject(failureOf(failures));
    if (failures.length >= MAX_FAILURES && available.every(({ id }) => hasFailed(failures, id)))
      this.#hold(pending);
    this.#grants.assign();
  }

  /** All that are here have tried it: others are waited for, and then those that are here asked again. */
  #hold(pending: Pending): void {
    const isNew = pending.notBefore === 0;
    pending.notBefore = this.#now() + HOLD_MS;
    if (!isNew || !pending.failures.every(({ kind }) => isDoubtful(kind))) return;
    const why = pending.item.describeDoubt?.() ?? "not finite";
    this.#options.warn(
      "WORKER",
      `the results of ${nodesOf(pending.failures)} are ${why}: another node is waited for that may find otherwise, for half a minute or while one prepares; if they are right, training has become unstable, and a smaller --learning-rate or --clip-norm 1 helps`,
    );
  }

  /** What was doubtful was right, and there twice, or wrong: the accepted answer tells. */
  #judgeDoubted({ item, failures }: Pending): void {
    const wrong = item.contradicted?.() ?? new Set();
    for (const node of wrong) {
      const what = "its norm is far from what another node found for the same shards";
      this.#options.warn("WORKER", `a contribution of node ${node} was refused: ${what}`);
      this.#fault(node, what);
    }
    for (const { node, kind } of failures)
      if (kind === "not finite") this.#fault(node, "its result was not finite, and another one is");
    const right = failures.filter(({ kind, node }) => kind === "far off" && !wrong.has(node));
    if (right.length === 0) return;
    this.#count("far off", -right.length);
    this.counts.duplicate += right.length;
    const why = item.describeDoubt?.() ?? "far off";
    this.#options.warn("WORKER", `the results of ${nodesOf(right)} are ${why}: found twice, they count`);
  }

  /** A node made a mistake; after some it gets no work for a while, unless nobody else could ever do it. */
  #fault(node: string, what: string): void {
    const { members, isClosed } = this.#options;
    const member = members.all().find(({ id }) => id === node);
    if (member) member.faults++;
    if (isClosed && members.ready().every(({ id }) => id === node)) return;
    if (!this.#bench.fault(node, what) || !member) return;
    members.bench(member);
    this.#grants.leave(member);
  }

  #restoreDue(): void {
    const { members } = this.#options;
    for (const member of members.benched()) if (!this.#bench.isBenched(member.id)) members.restore(member);
  }

  #count(rejection: Rejection, times: number): void {
    const { rejected } = this.counts;
    const total = (rejected[rejection] ?? 0) + times;
    if (total > 0) rejected[rejection] = total;
    else delete rejected[rejection];
  }
}

/** What may be right: every node finds it where training diverges. Only another node's answer shows that it is a mistake. */
function isDoubtful(kind: Failure["kind"]): boolean {
  return kind === "not finite" || kind === "far off";
}

/** `node a`, `nodes a, b`. */
function nodesOf(failures: readonly Pick<Failure, "node">[]): string {
  const names = [...new Set(failures.map(({ node }) => node))];
  return `node${names.length === 1 ? "" : "s"} ${names.join(", ")}`;
}
