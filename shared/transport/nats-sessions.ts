// The coordinator's sessions over NATS: who may open one, which packet is whose, and what a stranger is told.
import { randomBytes } from "node:crypto";
import { FrameMemory } from "../protocol/frame-memory.ts";
import { decodePacket, encodePacket } from "../protocol/packets.ts";
import { type Counters, createCounters } from "./counters.ts";
import { Broadcaster } from "./nats-broadcaster.ts";
import { NOT_YOURS } from "./nats-door.ts";
import { type SessionLimits, limitsOf } from "./nats-limits.ts";
import type { Outlet } from "./nats-outlet.ts";
import { WINDOW_BYTES } from "./nats-receiver.ts";
import { type NatsSession, openNatsSession } from "./nats-session.ts";
import { type RunSubjects, nodeOfTokens } from "./nats-subjects.ts";

export interface NatsSessionsOptions extends Required<SessionLimits> {
  readonly outlet: Outlet;
  readonly subjects: RunSubjects;
  /** Of the hub. */
  readonly counters: Counters;
  /** The server's, for logs. */
  readonly address: string;
  /** Takes a new session; false when no more are wanted. */
  readonly opened: (session: NatsSession) => boolean;
}

const MAX_SESSIONS = 4096;
/** Of all nodes together; a server cuts off a client that leaves 64 MiB (its default) unread. */
const SHARED_WINDOW_BYTES = 32 * 1024 * 1024;

export class NatsSessions {
  /** Part of the sessions' ids: another coordinator of the run, stopped and gone on, takes no part in them. */
  readonly incarnation = randomBytes(8).toString("hex");
  readonly broadcaster: Broadcaster;
  readonly #options: NatsSessionsOptions;
  readonly #sessions = new Map<string, NatsSession>();
  readonly #memory = new FrameMemory();

  constructor(options: NatsSessionsOptions) {
    const { outlet, subjects, counters } = options;
    this.#options = options;
    this.broadcaster = new Broadcaster({ outlet, subject: subjects.all, sessions: this.#sessions, counters });
  }

  all(): NatsSession[] {
    return [...this.#sessions.values()];
  }

  /** Opens a session for a node, by its two tokens and its part of the id; returns why not. */
  admit(user: string, nameToken: string, nonce: string): string | null {
    const { counters, outlet, subjects, address, opened } = this.#options;
    const node = nodeOfTokens(user, nameToken);
    if (node === null) {
      counters.rejected("join");
      return NOT_YOURS;
    }
    const tokens = `${user}.${nameToken}`;
    const id = nonce + this.incarnation;
    const key = `${tokens}.${id}`;
    if (this.#sessions.has(key)) return null; // its first request was answered, but the answer was lost
    if (this.#sessions.size >= MAX_SESSIONS) {
      counters.rejected("full");
      return `the run has ${MAX_SESSIONS} sessions already`;
    }
    const session = openNatsSession({
      ...limitsOf(this.#options),
      peer: `${node} (${address})`,
      identity: node,
      counters: createCounters(counters),
      outlet,
      memory: this.#memory,
      subject: subjects.down(tokens, id),
      coordinator: {
        published: () => this.broadcaster.published,
        windowBytes: () => Math.min(WINDOW_BYTES, Math.ceil(SHARED_WINDOW_BYTES / this.#sessions.size)),
        onStatus: (status) => this.broadcaster.hear(session, status),
      },
    });
    this.#sessions.set(key, session);
    void this.#forget(key, session);
    // Everyone's share has halved: told now, since the next heartbeats may be late.
    if (Number.isInteger(Math.log2(this.#sessions.size))) for (const each of this.all()) each.tell();
    if (!opened(session)) session.drop("the coordinator is closing");
    return null;
  }

  /** Takes a packet that came on a node's subject; borrowed until it returns. */
  hear(subject: string, packet: Uint8Array): void {
    const [, , , user, name, id] = subject.split(".");
    const node = `${user}.${name}`;
    const session = this.#sessions.get(`${node}.${id}`);
    if (session) session.hear(packet);
    else this.#answerStranger(node, id, packet);
  }

  async #forget(key: string, session: NatsSession): Promise<void> {
    await session.closed;
    this.#sessions.delete(key);
    this.broadcaster.forget(session);
  }

  /** Of a session that ended here, or never was: its node should not wait. */
  #answerStranger(node: string, id: string, bytes: Uint8Array): void {
    const { counters, outlet, subjects } = this.#options;
    counters.rejected("unknown-session");
    const packet = id.endsWith(this.incarnation) ? decodePacket(bytes) : null;
    if (
      packet === null ||
      typeof packet === "string" ||
      (packet.kind !== "status" && packet.kind !== "goodbye")
    )
      return;
    const reason =
      packet.kind === "goodbye" ? packet.reason : "the coordinator does not know this session (any more)";
    outlet.publish(subjects.down(node, id), encodePacket({ kind: "gone", reason }));
  }
}
