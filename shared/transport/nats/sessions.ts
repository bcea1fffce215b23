// The coordinator's sessions over NATS: who may open one, which packet is whose, and what a stranger is told.
import { randomBytes } from "node:crypto";
import { FramePool } from "../frame-pool.ts";
import { decodePacket, encodePacket } from "./stream/packets.ts";
import type { encodeOwnFrame } from "../../protocol/own-message.ts";
import { Allowance } from "../allowance.ts";
import { type Counters, createCounters } from "../counters.ts";
import { Broadcaster } from "./broadcaster.ts";
import { NOT_YOURS } from "./handshake.ts";
import type { SessionLimits } from "./limits.ts";
import type { Outlet } from "./stream/send-buffer.ts";
import { WINDOW_BYTES } from "./stream/receiver.ts";
import { type NatsSession, openNatsSession } from "./session.ts";
import { type RunSubjects, nodeOfTokens } from "./subjects.ts";
import { type Place, Places } from "../places.ts";

export interface NatsSessionsOptions extends Required<SessionLimits> {
  readonly outlet: Outlet;
  readonly subjects: RunSubjects;
  /** Of the hub. */
  readonly counters: Counters;
  /** The server's, for logs. */
  readonly address: string;
  /** Takes a new session; false when no more are wanted. */
  readonly opened: (session: NatsSession) => boolean;
  /** Makes a frame of a message of ours. */
  readonly encode: typeof encodeOwnFrame;
}

const MAX_SESSIONS = 4096;
/** Of all nodes together; a server cuts off a client that leaves 64 MiB (its default) unread. */
const SHARED_WINDOW_BYTES = 32 * 1024 * 1024;
/** What any node may have on its way; beyond it, two of the largest frames that it may send. */
const LEAST_WINDOW_BYTES = 1024 * 1024;

export class NatsSessions {
  /** Part of the sessions' ids: another coordinator of the run, stopped and gone on, takes no part in them. */
  readonly incarnation = randomBytes(8).toString("hex");
  readonly broadcaster: Broadcaster;
  readonly #options: NatsSessionsOptions;
  readonly #sessions = new Map<string, NatsSession>();
  readonly #places = new Places({
    maxConnections: MAX_SESSIONS,
    remedy: "more threads a node (--threads) compute as much in fewer sessions",
  });
  readonly #memory = new FramePool();

  constructor(options: NatsSessionsOptions) {
    const { outlet, subjects, counters, encode } = options;
    this.#options = options;
    const sessions = this.#sessions;
    this.broadcaster = new Broadcaster({ outlet, subject: subjects.all, sessions, counters, encode });
  }

  all(): NatsSession[] {
    return [...this.#sessions.values()];
  }

  /** Opens a session for a node, by its two tokens and its part of the id; returns why not. */
  admit(user: string, nameToken: string, nonce: string): string | null {
    const { counters, outlet, subjects, address, opened, encode } = this.#options;
    const { maxFrameBytes, heartbeatMs, awayMs } = this.#options;
    const node = nodeOfTokens(user, nameToken);
    if (node === null) {
      counters.rejected("join");
      return NOT_YOURS;
    }
    const tokens = `${user}.${nameToken}`;
    const id = nonce + this.incarnation;
    const key = `${tokens}.${id}`;
    if (this.#sessions.has(key)) return null; // its first request was answered, but the answer was lost
    const lacking = this.#places.lacking();
    if (lacking) {
      counters.rejected(lacking.fault);
      return lacking.sentence;
    }
    const place = this.#places.take();
    const allowance = new Allowance(maxFrameBytes, { stranger: true });
    const session = openNatsSession({
      heartbeatMs,
      awayMs,
      allowance,
      peer: `${node} (${address})`,
      identity: node,
      counters: createCounters(counters),
      outlet,
      memory: this.#memory,
      subject: subjects.down(tokens, id),
      coordinator: {
        published: () => this.broadcaster.published,
        windowBytes: () => Math.min(this.#share(), Math.max(LEAST_WINDOW_BYTES, 2 * allowance.maxFrameBytes)),
        onStatus: (status) => this.broadcaster.hear(session, status),
        onAdmitted: place.admitted,
        encode,
      },
    });
    this.#sessions.set(key, session);
    void this.#forget(key, session, place);
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

  /** Of what may be on its way. */
  #share(): number {
    return Math.min(WINDOW_BYTES, Math.ceil(SHARED_WINDOW_BYTES / this.#sessions.size));
  }

  async #forget(key: string, session: NatsSession, place: Place): Promise<void> {
    await session.closed;
    this.#sessions.delete(key);
    place.leave();
    this.#memory.trim(2 * this.#sessions.size);
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
