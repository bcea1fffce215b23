// Who takes part: nodes join at any time, get the current weights, and work from the next lease on.
import type { Log } from "../../shared/log.ts";
import type { Hub } from "../../shared/transport/transport.ts";
import type { NodeView } from "../dashboard/events.ts";
import { JoinBatcher } from "./join-batcher.ts";
import { type Member, viewOf } from "./member.ts";
import type { Weights } from "../update/weights.ts";

/** Hears who can be given work. */
export interface MemberListener {
  /** A member can take leases. */
  ready(member: Member): void;
  left(member: Member): void;
}

export interface MembersOptions {
  readonly hub: Hub;
  readonly weights: Weights;
  readonly log: Log;
  readonly warn: (code: string, message: string) => void;
  /** Hears of every change of who is here, or in which state. */
  readonly changed: (nodes: readonly NodeView[]) => void;
}

export class Members {
  readonly #options: MembersOptions;
  readonly #members = new Map<string, Member>();
  #listener: MemberListener | null = null;
  readonly #joining = new JoinBatcher<Member>((together) => this.#begin(together));
  #waiting: (() => void)[] = [];
  /** The run is over: nodes that leave are no news. */
  #over = false;

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  listen(listener: MemberListener): void {
    this.#listener = listener;
  }

  /** Members that take leases. */
  ready(): Member[] {
    return [...this.#members.values()].filter(({ state }) => state === "ready");
  }

  /** Members in any state. */
  all(): Member[] {
    return [...this.#members.values()];
  }

  /** Members that get no leases for now, by `bench`. */
  benched(): Member[] {
    return [...this.#members.values()].filter(({ state }) => state === "benched");
  }

  /** A member takes no leases until it is restored. */
  bench(member: Member): void {
    if (member.state !== "ready") return;
    member.state = "benched";
    this.#changed();
  }

  /** A benched member takes leases again; the current weights are sent to it first. */
  restore(member: Member): void {
    if (member.state !== "benched") return;
    member.state = "joining";
    void this.#begin([member]);
  }

  /**
   * Resolves when a member next joins, becomes ready or leaves.
   *
   * @throws the signal's reason when it is aborted
   */
  change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.push(() => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
    });
  }

  views(): NodeView[] {
    return [...this.#members.values()].map(viewOf);
  }

  /** Sends the current weights to every node that computes; one that still prepares gets them when it is ready. */
  publishWeights(): void {
    const { hub, weights } = this.#options;
    const computing = new Set(this.ready().map(({ connection }) => connection));
    void weights.publish(hub, (connection) => computing.has(connection));
  }

  /** Sends every node away: the run is over. */
  async stop(reason: string): Promise<void> {
    this.#over = true;
    await this.#options.hub.broadcast({ type: "stop", reason });
  }

  /** A node has joined; returns its older session, which is no member any more, where it has one. */
  add(member: Member): Member | null {
    const older = this.#members.get(member.id) ?? null;
    if (older) {
      this.#options.warn("WORKER", `node ${member.id} joined again: its older session is closed`);
      this.remove(older);
    }
    this.#members.set(member.id, member);
    this.#compareNumerics(member);
    this.#changed();
    return older;
  }

  /** A member has prepared the programs in so many milliseconds: it takes leases once the weights are on their way. */
  prepared(member: Member, prepareMs: number): void {
    member.prepareMs = Math.round(prepareMs);
    if (this.#options.hub.inPlace) void this.#begin([member]);
    else this.#joining.add(member);
  }

  /** A member takes no more leases: it will close its session. */
  leaving(member: Member): void {
    member.state = "leaving";
    this.#changed();
  }

  /** A session has ended; that of a member that has joined again since changes nothing. */
  remove(member: Member): void {
    if (this.#members.get(member.id) !== member) return;
    member.state = "leaving";
    if (!this.#over) this.#changed(); // the last event that lists it has all that it contributed
    this.#members.delete(member.id);
    const { id, contributions } = member;
    this.#options.log.info({ node: id, contributions }, "node left");
    this.#listener?.left(member);
    this.#changed();
  }

  /** They have prepared, or were benched, and take leases from now on. Resolves when the weights have been sent. */
  async #begin(together: readonly Member[]): Promise<void> {
    const { hub, weights, log } = this.#options;
    const here = together.filter(
      (member) => member.state === "joining" && this.#members.get(member.id) === member,
    );
    if (here.length === 0) return;
    const connections = new Set(here.map(({ connection }) => connection));
    const sent = weights.publish(hub, (connection) => connections.has(connection));
    for (const member of here) {
      const { id, threads, prepareMs } = member;
      member.state = "ready";
      log.info({ node: id, threads, prepareMs }, "node ready");
    }
    this.#changed();
    for (const member of here) this.#listener?.ready(member);
    await sent;
  }

  #compareNumerics(member: Member): void {
    const other = [...this.#members.values()].find(({ numerics }) => numerics !== member.numerics);
    if (!other) return;
    this.#options.warn(
      "WORKER",
      `node ${member.id} computes with ${member.numerics}, ${other.id} with ${other.numerics}: they train together, but another run need not give the same bits`,
    );
  }

  #changed(): void {
    this.#options.changed(this.views());
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
