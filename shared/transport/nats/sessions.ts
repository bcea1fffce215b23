// The coordinator's sessions over NATS: who may open one, which packet belongs to which, and the answer to strangers.
import { randomBytes } from "node:crypto";
import { FramePool } from "../frame-pool.ts";
import { decodePacket, encodePacket } from "./stream/packets.ts";
import type { encodeOwnFrame } from "../../protocol/own-message.ts";
import { Allowance } from "../allowance.ts";
import { type Counters, createCounters } from "../counters.ts";
import { Broadcaster } from "./broadcaster.ts";
import { NAME_REFUSED } from "./handshake.ts";
import type { SessionLimits } from "./limits.ts";
import type { SendBuffer } from "./stream/send-buffer.ts";
import { WINDOW_BYTES } from "./stream/receiver.ts";
import { type NatsSession, openNatsSession } from "./session.ts";
import { type RunSubjects, nodeOfTokens } from "./subjects.ts";
import { type Place, Places } from "../places.ts";

export interface NatsSessionsOptions extends Required<SessionLimits> {
  readonly sendBuffer: SendBuffer;
  readonly subjects: RunSubjects;
  /** The hub's. */
  readonly counters: Counters;
  /** The server's address, for logs. */
  readonly address: string;
  /** Takes a new session; false if no more are wanted. */
  readonly onOpened: (session: NatsSession) => boolean;
  /** Encodes one of our messages as a frame. */
  readonly encode: typeof encodeOwnFrame;
}

const MAX_SESSIONS = 4096;
/** For all nodes together; a server cuts off a client that leaves 64 MiB (its default) unread. */
const SHARED_WINDOW_BYTES = 32 * 1024 * 1024;
/** A node's window is its share, but at most this, or two of the largest frames that it may send if that is more. */
const LEAST_WINDOW_BYTES = 1024 * 1024;

export class NatsSessions {
  /** Part of the sessions' ids, so that an earlier coordinator of the run that was only suspended cannot interfere. */
  readonly incarnation = randomBytes(8).toString("hex");
  readonly broadcaster: Broadcaster;
  readonly #options: NatsSessionsOptions;
  readonly #sessions = new Map<string, NatsSession>();
  readonly #places = new Places({
    maxConnections: MAX_SESSIONS,
    remedy: "more threads per node (--threads) compute as much in fewer sessions",
  });
  readonly #memory = new FramePool();

  constructor(options: NatsSessionsOptions) {
    const { sendBuffer, subjects, counters, encode } = options;
    this.#options = options;
    const sessions = this.#sessions;
    this.broadcaster = new Broadcaster({ sendBuffer, subject: subjects.all, sessions, counters, encode });
  }

  all(): NatsSession[] {
    return [...this.#sessions.values()];
  }

  /** Opens a session for a node, given its two tokens and its part of the id; returns why not, or null. */
  admit(user: string, nameToken: string, nonce: string): string | null {
    const { counters, sendBuffer, subjects, address, onOpened, encode } = this.#options;
    const { maxFrameBytes, heartbeatMs, awayMs } = this.#options;
    const node = nodeOfTokens(user, nameToken);
    if (node === null) {
      counters.rejected("join");
      return NAME_REFUSED;
    }
    const tokens = `${user}.${nameToken}`;
    const id = nonce + this.incarnation;
    const key = `${tokens}.${id}`;
    if (this.#sessions.has(key)) return null; // it asks again because the answer was lost
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
      sendBuffer,
      memory: this.#memory,
      subject: subjects.down(tokens, id),
      coordinator: {
        published: () => this.broadcaster.published,
        windowBytes: () => Math.min(this.#share(), Math.max(LEAST_WINDOW_BYTES, 2 * allowance.maxFrameBytes)),
        onStatus: (status) => this.broadcaster.onStatus(session, status),
        onAdmitted: place.admitted,
        encode,
      },
    });
    this.#sessions.set(key, session);
    void this.#forget(key, session, place);
    // Every node's share has halved: tell them now, since the next heartbeats may be late.
    if (Number.isInteger(Math.log2(this.#sessions.size))) for (const each of this.all()) each.sendStatus();
    if (!onOpened(session)) session.drop("the coordinator is closing");
    return null;
  }

  /** Takes a packet of a node's subject; borrowed until it returns. */
  onPacket(subject: string, packet: Uint8Array): void {
    const [, , , user, name, id] = subject.split(".");
    const node = `${user}.${name}`;
    const session = this.#sessions.get(`${node}.${id}`);
    if (session) session.onPacket(packet);
    else this.#answerStranger(node, id, packet);
  }

  /** One node's share of what may be in flight. */
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

  /** The session has ended here, or never existed: its node should not wait. */
  #answerStranger(node: string, id: string, bytes: Uint8Array): void {
    const { counters, sendBuffer, subjects } = this.#options;
    counters.rejected("unknown-session");
    const packet = id.endsWith(this.incarnation) ? decodePacket(bytes) : null;
    if (
      packet === null ||
      typeof packet === "string" ||
      (packet.kind !== "status" && packet.kind !== "goodbye")
    )
      return;
    const reason = packet.kind === "goodbye" ? packet.reason : "the coordinator does not know this session";
    sendBuffer.publish(subjects.down(node, id), encodePacket({ kind: "gone", reason }));
  }
}
