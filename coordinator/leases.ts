// Leases: a batch of work goes out to the nodes until each piece has one valid answer; every answer is counted.
import { GanglionError } from "../shared/errors.ts";
import type { Envelope } from "../shared/transport/transport.ts";
import type { Grant } from "./grant.ts";
import { Grants, type GrantsOptions } from "./grants.ts";
import type { Item, Rejection } from "./lease-item.ts";
import type { Contribution, Member, MemberListener, Members } from "./members.ts";
import type { OutWork } from "./missing-work.ts";
import { DIVERGED_REMEDY } from "./remedies.ts";

/** received = accepted + duplicate + stale + rejected. */
export interface LeaseCounts {
  received: number;
  accepted: number;
  duplicate: number;
  stale: number;
  readonly rejected: Record<string, number>;
}

export interface LeasesOptions extends Omit<GrantsOptions, "now"> {
  readonly members: Pick<Members, "ready" | "listen">;
  /** Milliseconds; a test's clock. */
  readonly now?: () => number;
}

const MAX_FAILURES = 3;

export class Leases implements MemberListener {
  readonly counts: LeaseCounts = { received: 0, accepted: 0, duplicate: 0, stale: 0, rejected: {} };
  readonly #options: LeasesOptions;
  readonly #grants: Grants;
  #batch: { open: number; resolve(): void; reject(error: unknown): void } | null = null;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#grants = new Grants({ ...options, now: options.now ?? (() => performance.now()) });
    options.members.listen(this);
  }

  /** What did not count, by reason. */
  get refused(): Readonly<Record<string, number>> {
    const { duplicate, stale, rejected } = this.counts;
    return { ...(duplicate > 0 && { duplicate }), ...(stale > 0 && { stale }), ...rejected };
  }

  /** What the present batch waits for. */
  out(): readonly OutWork[] {
    return this.#grants.out();
  }

  /**
   * Leases every item, again where a node fails, leaves or is late, and resolves when each has one accepted result.
   *
   * @throws GanglionError WORKER when an item fails three times, DIVERGED when its results are not finite three times
   */
  async complete(items: readonly Item[], signal: AbortSignal): Promise<void> {
    if (this.#batch) throw new RangeError("one batch of leases at a time");
    if (items.length === 0) return;
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

  ready(): void {
    this.#grants.assign();
  }

  left(member: Member): void {
    this.#grants.leave(member);
  }

  failed(member: Member, lease: number, reason: string): void {
    const grant = this.#grants.get(lease);
    if (grant?.member !== member) return; // taken back already: its failure changes nothing
    this.#options.warn("WORKER", `node ${member.id} failed at a lease: ${reason}`);
    this.#fail(
      grant,
      new GanglionError(
        "WORKER",
        `a lease failed ${MAX_FAILURES} times, last on node ${member.id}: ${reason}`,
      ),
      reason,
    );
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

  /** Looks at the clock now: the grants do so by themselves. */
  review(): void {
    this.#grants.review();
  }

  #settle(grant: Grant, computeMs: number): void {
    this.counts.accepted++;
    grant.member.contributions++;
    this.#grants.settle(grant, computeMs);
    if (this.#batch && --this.#batch.open === 0) this.#batch.resolve();
  }

  #reject(grant: Grant, rejection: Rejection): void {
    this.counts.rejected[rejection] = (this.counts.rejected[rejection] ?? 0) + 1;
    const { member } = grant;
    this.#options.warn("WORKER", `a contribution of node ${member.id} was refused: ${rejection}`);
    const diverged = rejection === "not finite";
    this.#fail(
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

  #fail(grant: Grant, error: GanglionError, reason: string): void {
    grant.pending.failures.push(reason);
    if (grant.pending.failures.length >= MAX_FAILURES) this.#batch?.reject(error);
    else {
      this.#grants.again(grant);
      this.#grants.assign();
    }
  }
}
