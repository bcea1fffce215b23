// Sends one frame to many nodes: published once, fanned out by the server, repeated to those that missed some of it.
import { randomInt } from "node:crypto";
import type { encodeOwnFrame } from "../../protocol/own-message.ts";
import type { Message } from "../../protocol/messages.ts";
import { cutFrame } from "../cut-frame.ts";
import { PACKET_HEAD_BYTES, type StatusPacket } from "./stream/packets.ts";
import { SerialQueue } from "../../async/serial-queue.ts";
import type { Counters } from "../counters.ts";
import type { SendBuffer } from "./stream/send-buffer.ts";
import { WINDOW_BYTES } from "./stream/receiver.ts";
import type { NatsSession } from "./session.ts";
import type { Body, Connection } from "../transport.ts";

export interface BroadcasterOptions {
  readonly sendBuffer: SendBuffer;
  /** The subject that every node subscribes to. */
  readonly subject: string;
  readonly sessions: ReadonlyMap<string, NatsSession>;
  /** The hub's: a broadcast's bytes are counted once, as they are sent once. */
  readonly counters: Counters;
  /** Encodes a message as a frame. */
  readonly encode: typeof encodeOwnFrame;
}

interface Kept {
  readonly packets: readonly Uint8Array[];
  /** Sessions that may still ask for it. */
  waiting: number;
  published: boolean;
  /** No packet was sent twice, and no session ended while it waited: then no socket still has to write any. */
  once: boolean;
}

/** Smaller frames are sent to each node separately: a reference in its stream would cost nearly as much. */
const SMALL_BYTES = 4096;
const MIN_BACKLOG_BYTES = 64 * 1024 * 1024;
/** A node that receives nothing for this long does not hold up the others. */
const LAG_MS = 1000;

export class Broadcaster {
  readonly #options: BroadcasterOptions;
  readonly #kept = new Map<number, Kept>();
  /** How much of the current broadcast each session has received. */
  readonly #progress = new Map<NatsSession, { broadcast: number; parts: number }>();
  /** Each coordinator starts at a random number below 2^52, so that a run's broadcasts never clash with its predecessor's. */
  #last = randomInt(2 ** 32) * 2 ** 20;
  #published = 0;
  readonly #publishing = new SerialQueue();
  #wake: (() => void) | null = null;

  constructor(options: BroadcasterOptions) {
    this.#options = options;
  }

  /** Resolves when the body may be reused, and the server has the frame or is away. */
  async broadcast(
    message: Message,
    body: Body | undefined,
    to: (connection: Connection) => boolean,
  ): Promise<void> {
    const picked = [...this.#options.sessions.values()].filter(
      (session) => session.status().connected && to(session),
    );
    const pieces = this.#options.encode(message, body);
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const reached = picked.filter((session) => this.#keepsUp(session, sizeBytes));
    if (reached.length <= 1 || sizeBytes < SMALL_BYTES) {
      // A connection that breaks reports it through `closed`; if all break there is nobody left to wait for.
      const sends = reached.map((session) => session.send(message, body));
      if (sends.length > 0) await Promise.any(sends).catch(() => undefined);
      return;
    }
    const broadcast = ++this.#last;
    const { sendBuffer, counters } = this.#options;
    const packets = cutFrame(pieces, sendBuffer.packetBytes() - PACKET_HEAD_BYTES).map((part) =>
      sendBuffer.pool.encode({ kind: "broadcast", broadcast, ...part }),
    );
    counters.sent(sizeBytes);
    const kept: Kept = { packets, waiting: reached.length, published: false, once: true };
    this.#kept.set(broadcast, kept);
    // Now, not once it is published: whatever is sent next must come after it.
    for (const session of reached) {
      session.refer(broadcast, sizeBytes, (received) => {
        kept.once &&= received;
        if (--kept.waiting > 0) return;
        this.#kept.delete(broadcast);
        if (kept.once) for (const packet of packets) sendBuffer.pool.release(packet);
      });
    }
    await this.#publishing.add(() => this.#publish(broadcast, packets));
    kept.published = true;
    this.#published = broadcast;
  }

  /** The last broadcast that was sent completely. */
  get published(): number {
    return this.#published;
  }

  /** A node's status says how far it is, and whether it lost something. */
  onStatus(session: NatsSession, { broadcast, parts, wants }: StatusPacket): void {
    this.#progress.set(session, { broadcast, parts });
    this.#wake?.();
    const kept = this.#kept.get(broadcast);
    if (!wants || !kept?.published) return;
    kept.once = false;
    let sizeBytes = 0;
    const missed = kept.packets.slice(parts).filter((packet) => (sizeBytes += packet.length) <= WINDOW_BYTES);
    session.repeat(missed);
  }

  forget(session: NatsSession): void {
    this.#progress.delete(session);
    this.#wake?.();
  }

  /** Stays close to the nodes' progress: a server cuts off a client that has too much waiting for it. */
  async #publish(broadcast: number, packets: readonly Uint8Array[]): Promise<void> {
    const { sendBuffer, subject } = this.#options;
    const ahead = Math.max(1, Math.floor(WINDOW_BYTES / (packets[0]?.length ?? 1)));
    const lagging = new Set<NatsSession>();
    for (const [i, packet] of packets.entries()) {
      if (i >= ahead) await this.#received(broadcast, i - ahead, lagging);
      await sendBuffer.room();
      sendBuffer.publish(subject, packet); // if it is too large for a restarted server, the nodes will ask again
    }
  }

  /** Resolves when every node has so many parts. Nodes that receive nothing for a while are not waited for. */
  async #received(broadcast: number, parts: number, lagging: Set<NatsSession>): Promise<void> {
    let before = Number.NaN;
    let waitedSince = performance.now();
    while (this.#options.sendBuffer.open()) {
      const behind = [...this.#options.sessions.values()].filter(
        (session) => !lagging.has(session) && this.#partsOf(session, broadcast) < parts,
      );
      if (behind.length === 0) return;
      const total = behind.reduce((sum, session) => sum + this.#partsOf(session, broadcast), 0);
      const now = performance.now();
      if (total !== before) [before, waitedSince] = [total, now];
      else if (now - waitedSince >= LAG_MS) for (const session of behind) lagging.add(session);
      await this.#nextStatus();
    }
  }

  #partsOf(session: NatsSession, broadcast: number): number {
    const progress = this.#progress.get(session);
    return progress?.broadcast === broadcast ? progress.parts : 0;
  }

  /** Resolves at the next status, when a session ends, or after a while without either. */
  #nextStatus(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LAG_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #keepsUp(session: NatsSession, sizeBytes: number): boolean {
    const limitBytes = Math.max(MIN_BACKLOG_BYTES, 4 * sizeBytes);
    const backlogBytes = session.backlogBytes();
    if (backlogBytes <= limitBytes) return true;
    this.#options.counters.rejected("slow");
    session.drop(`${session.peer} is too slow: ${backlogBytes} bytes behind, the limit is ${limitBytes}`);
    return false;
  }
}
