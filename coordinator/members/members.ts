// Who takes part: nodes join at any time, are told all they need, and work from the next lease on.
import { GanglionError, messageOf } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { type Message, NO_LEASE, type Plan } from "../../shared/protocol/messages.ts";
import type { Connection, Envelope, Hub } from "../../shared/transport/transport.ts";
import type { NodeView } from "../dashboard/events.ts";
import { cannotTakePart, checkHello } from "./hello.ts";
import { type Contribution, type Member, newMember, viewOf } from "./member.ts";
import { Newcomers } from "./join-batcher.ts";
import { longestAnswerBytes } from "../plan.ts";
import type { Weights } from "../update/weights.ts";

/** What members do that a round must know of. */
export interface MemberListener {
  /** A member can take leases. */
  ready(member: Member): void;
  /** The listener releases the envelope. */
  contribution(member: Member, message: Contribution, envelope: Envelope): void;
  failed(member: Member, lease: number, reason: string): void;
  left(member: Member): void;
}

export interface MembersOptions {
  readonly hub: Hub;
  readonly plan: Plan;
  readonly programs: ReadonlyMap<string, Uint8Array>;
  readonly weights: Weights;
  readonly log: Log;
  readonly warn: (code: string, message: string) => void;
  readonly changed: (nodes: readonly NodeView[]) => void;
}

const HELLO_TIMEOUT_MS = 10_000;

export class Members {
  readonly #options: MembersOptions;
  readonly #members = new Map<string, Member>();
  #listener: MemberListener | null = null;
  readonly #serving = new Set<Promise<void>>();
  readonly #newcomers = new Newcomers<Member>((together) => this.#begin(together));
  #waiting: (() => void)[] = [];
  /** Everyone leaves, and that is no news. */
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

  /** Members that take none for now, by `bench`. */
  benched(): Member[] {
    return [...this.#members.values()].filter(({ state }) => state === "benched");
  }

  /** A member takes no leases until it is restored. */
  bench(member: Member): void {
    if (member.state !== "ready") return;
    member.state = "benched";
    this.#changed();
  }

  /** A benched member takes leases again: it is sent the current weights first. */
  restore(member: Member): void {
    if (member.state !== "benched") return;
    member.state = "joining";
    void this.#begin([member]);
  }

  /** Resolves at the next join, readiness or leave; rejects with the signal's reason. */
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

  /** Serves every node that connects, until the hub closes. */
  async serve(): Promise<void> {
    for await (const connection of this.#options.hub.connections()) {
      const served = this.#serveOne(connection).finally(() => this.#serving.delete(served));
      this.#serving.add(served);
    }
    await Promise.all(this.#serving);
  }

  /** Sends the current weights to every node that computes; one that still prepares gets them when it is ready. */
  publishWeights(): void {
    const { hub, weights } = this.#options;
    const computing = new Set(this.ready().map(({ connection }) => connection));
    void weights.publish(hub, (connection) => computing.has(connection));
  }

  /** Tells every node that the run is over for it. */
  async stop(reason: string): Promise<void> {
    this.#over = true;
    await this.#options.hub.broadcast({ type: "stop", reason });
  }

  async #serveOne(connection: Connection): Promise<void> {
    const { log, warn } = this.#options;
    const timer = setTimeout(() => void connection.close("no hello within 10 s"), HELLO_TIMEOUT_MS);
    let member: Member | null = null;
    try {
      for await (const envelope of connection.receive()) {
        clearTimeout(timer);
        if (member) this.#hear(member, envelope);
        else {
          member = await this.#admit(connection, envelope);
          await this.#tell(connection);
        }
      }
    } catch (error) {
      if (!(error instanceof GanglionError))
        log.error({ peer: connection.peer, error: messageOf(error) }, "a node's connection failed");
      warn(error instanceof GanglionError ? error.code : "WORKER", `${connection.peer}: ${messageOf(error)}`);
      await connection.close(messageOf(error));
    } finally {
      clearTimeout(timer);
      if (member) this.#leave(member);
    }
  }

  async #admit(connection: Connection, envelope: Envelope): Promise<Member> {
    envelope.release();
    const hello = await checkHello(connection, envelope.message);
    connection.admit?.({ bodyBytes: longestAnswerBytes(this.#options.plan) });
    const older = this.#members.get(hello.node);
    if (older) {
      this.#options.warn("WORKER", `node ${hello.node} joined again: its older session is closed`);
      this.#leave(older);
    }
    const member = newMember(connection, hello);
    this.#members.set(member.id, member); // before anything is awaited: a third session must find this one
    this.#compareArithmetic(member);
    this.#changed();
    await older?.connection.close("the same node joined again");
    return member;
  }

  /** Plan and programs: all that a node needs to prepare. */
  async #tell(connection: Connection): Promise<void> {
    const { plan, programs } = this.#options;
    const encoder = new TextEncoder();
    await connection.send({ type: "welcome", run: plan.run }, encoder.encode(JSON.stringify(plan)));
    for (const [hash, encoded] of programs) await connection.send({ type: "program", hash }, encoded);
    await connection.send({ type: "prepare", programs: [...programs.keys()] });
  }

  #hear(member: Member, envelope: Envelope): void {
    const { message } = envelope;
    switch (message.type) {
      case "ready":
        envelope.release();
        this.#prepared(member, message);
        break;
      case "contribution":
        this.#listener!.contribution(member, message, envelope);
        break;
      case "failed":
        envelope.release();
        if (message.lease === NO_LEASE) throw cannotTakePart(message.reason, member.id);
        this.#listener!.failed(member, message.lease, message.reason);
        break;
      case "leaving":
        envelope.release();
        member.state = "leaving";
        this.#changed();
        break;
      default:
        envelope.release();
        throw new GanglionError("PROTOCOL", `a node may not send ${message.type} now`);
    }
  }

  #prepared(member: Member, { fingerprint, prepareMs }: Extract<Message, { type: "ready" }>): void {
    if (member.prepareMs !== null) throw new GanglionError("PROTOCOL", "a node may not send ready twice");
    const { data } = this.#options.plan;
    if (fingerprint !== data.fingerprint) {
      throw new GanglionError(
        "DATA_MISMATCH",
        `its data has fingerprint ${fingerprint}, the run uses ${data.fingerprint}`,
      );
    }
    member.prepareMs = Math.round(prepareMs);
    if (this.#options.hub.inPlace) void this.#begin([member]);
    else this.#newcomers.add(member);
  }

  /** They have prepared, or were benched, and take leases from now on; resolves when the weights are on their way. */
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

  #leave(member: Member): void {
    if (this.#members.get(member.id) !== member) return; // fenced by a newer session
    member.state = "leaving";
    if (!this.#over) this.#changed(); // the last that is told of it has all that it contributed
    this.#members.delete(member.id);
    const { id, contributions } = member;
    this.#options.log.info({ node: id, contributions }, "node left");
    this.#listener?.left(member);
    this.#changed();
  }

  #compareArithmetic(member: Member): void {
    const other = [...this.#members.values()].find(({ arithmetic }) => arithmetic !== member.arithmetic);
    if (!other) return;
    this.#options.warn(
      "WORKER",
      `node ${member.id} computes with ${member.arithmetic}, ${other.id} with ${other.arithmetic}: they train together, but another run need not give the same bits`,
    );
  }

  #changed(): void {
    this.#options.changed(this.views());
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
