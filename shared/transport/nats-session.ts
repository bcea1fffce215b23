// One session between a coordinator and a node over NATS, as a Connection: order, loss, back-pressure, signs of life.
//
// Both ends run this code. Each sends a numbered stream of packets on a subject of its own and keeps them until the
// other has acknowledged them, so a server that restarts, or is away for a while, costs time and nothing else. The
// session dies when the other end does: when it is silent for three heartbeats while the server is there.
import { GanglionError } from "../errors.ts";
import { decodeFrame, encodeFrame } from "../protocol/frame.ts";
import {
  PACKET_HEAD_BYTES,
  type StatusPacket,
  type StreamPacket,
  cutFrame,
  decodePacket,
  encodePacket,
} from "../protocol/packets.ts";
import { type BroadcastAssembly, FrameAssembly } from "../protocol/reassembly.ts";
import { createClosing } from "./closing.ts";
import type { Counters } from "./counters.ts";
import { startHeartbeat } from "./nats-heartbeat.ts";
import type { Outlet } from "./nats-outlet.ts";
import { createQueue } from "./queue.ts";
import { Incoming, Outgoing } from "./reliable-stream.ts";
import type { Connection, Envelope } from "./transport.ts";

export interface NatsSessionOptions {
  readonly peer: string;
  readonly identity?: string;
  readonly counters: Counters;
  readonly outlet: Outlet;
  /** Where this end's packets go. */
  readonly subject: string;
  readonly maxFrameBytes: number;
  readonly heartbeatMs: number;
  /** How long the server may be away before the session is given up. */
  readonly awayMs: number;
  /** What a node hears beside its own stream; the coordinator hears no broadcasts. */
  readonly broadcasts?: BroadcastAssembly;
  /** The last broadcast that the coordinator has sent. */
  readonly published?: () => number;
  /** Hears every status of the other end. */
  readonly onStatus?: (status: StatusPacket) => void;
}

export interface NatsSession extends Connection {
  /** Takes a message that came on this session's subject, or on the one of broadcasts. */
  hear(bytes: Uint8Array): void;
  /** The server is back: finds out what was lost. */
  resume(): void;
  /** Puts a broadcast's place into the stream; `settled` is called when the frame need not be kept for it. */
  refer(broadcast: number, frameBytes: number, settled: () => void): void;
  /** Bytes that are kept until the other end acknowledges them. */
  backlogBytes(): number;
  /** Sends broadcast packets again, to this node alone. */
  repeat(packets: readonly Uint8Array[]): void;
  /** Closes at once, without a farewell. */
  drop(reason: string): void;
}

/** What may be on its way. Half of what a NATS server buffers for a slow client before it cuts it off. */
export const WINDOW_BYTES = 16 * 1024 * 1024;
/** Read but not yet iterated; beyond it nothing more is acknowledged, and the other end stops at its window. */
const READ_AHEAD_BYTES = 16 * 1024 * 1024;
/** After asking for something again, and after sending it again: what is on its way should arrive first. */
const REPEAT_MS = 250;
const FAREWELL_MS = 5000;

export function openNatsSession(options: NatsSessionOptions): NatsSession {
  const { peer, counters, outlet, subject, maxFrameBytes, broadcasts } = options;
  const closing = createClosing();
  const assembly = new FrameAssembly(maxFrameBytes);
  const incoming = new Incoming(2 * WINDOW_BYTES);
  const outgoing = new Outgoing({
    windowBytes: WINDOW_BYTES,
    open: () => outlet.open(),
    publish,
  });
  const unsent = new Set<(error: GanglionError) => void>();
  let acknowledged = 0; // of incoming
  let unacknowledgedBytes = 0;
  let unreadBytes = 0;
  /** How much of the other's stream must be on its way, or lost. */
  let knownSent = 0;
  let askedFrom = -1;
  let askedAbout = -1;
  let lastWentBack = { received: -1, at: 0 };
  let lastWanted = { broadcast: 0, at: 0 };
  let broadcastBytes = 0;
  let repair: NodeJS.Timeout | null = null;
  let heard = true;
  let ended = false;

  const inbox = createQueue<Arrival>({
    name: `receive() from ${peer}`,
    onLeave(arrival) {
      const waited = unreadBytes >= READ_AHEAD_BYTES;
      unreadBytes -= arrival.sizeBytes;
      if (waited && unreadBytes < READ_AHEAD_BYTES) tell();
    },
    onUnread: () => counters.rejected("unread"),
  });

  /** Tells the other end how far this one is. */
  function tell(flags: Partial<Pick<StatusPacket, "asks" | "missing" | "wants">> = {}): void {
    if (ended || !outlet.open()) return;
    if (unreadBytes < READ_AHEAD_BYTES) {
      acknowledged = incoming.taken;
      unacknowledgedBytes = 0;
    }
    const { received } = incoming;
    const progress = broadcasts?.progress ?? { broadcast: options.published?.() ?? 0, parts: 0 };
    const status = { kind: "status", sent: outgoing.sent, received, acknowledged, ...progress } as const;
    publish(encodePacket({ ...status, asks: false, missing: false, wants: false, ...flags }));
  }

  function publish(packet: Uint8Array): void {
    if (outlet.publish(subject, packet)) return;
    const sentence = `the NATS server now takes at most ${outlet.packetBytes()} bytes a message`;
    queueMicrotask(() => end(sentence)); // what is kept was cut for more: a new session will do better
  }

  function hear(bytes: Uint8Array): void {
    if (ended) return;
    const packet = decodePacket(bytes);
    if (typeof packet === "string") {
      counters.rejected(packet); // flipped bits: it will be missed, and asked for again
      return;
    }
    switch (packet.kind) {
      case "chunk":
      case "reference":
      case "goodbye":
        heard = true;
        hearStream(packet, bytes.length);
        break;
      case "broadcast":
        if (!broadcasts) counters.rejected("broadcast");
        else if (!broadcasts.add(packet)) drop(`${peer} broadcasts a frame over ${maxFrameBytes} bytes`);
        else hearBroadcast(bytes.length);
        break;
      case "status":
        heard = true;
        hearStatus(packet);
        break;
      case "gone":
        end(packet.reason);
        break;
      default:
        packet satisfies never;
    }
  }

  function hearStream(packet: StreamPacket, sizeBytes: number): void {
    const arrival = incoming.add(packet);
    if (arrival !== "in order") {
      counters.rejected(arrival === "overrun" ? "packet-overrun" : `packet-${arrival}`);
      knownSent = Math.max(knownSent, packet.seq + 1);
      if (arrival !== "duplicate") askForMissing();
      return;
    }
    unacknowledgedBytes += sizeBytes;
    deliver();
    if (unacknowledgedBytes > 3 * WINDOW_BYTES) drop(`${peer} sends more than was acknowledged`);
    else if (unacknowledgedBytes >= WINDOW_BYTES / 4) tell();
  }

  function hearBroadcast(sizeBytes: number): void {
    broadcastBytes += sizeBytes;
    if (broadcastBytes >= WINDOW_BYTES / 4) {
      broadcastBytes = 0;
      tell();
    }
    deliver();
  }

  /** Everything that is in order, as far as broadcasts are here. */
  function deliver(): void {
    for (let packet = incoming.peek(); packet && !ended; packet = incoming.peek()) {
      switch (packet.kind) {
        case "chunk": {
          const frame = assembly.add(packet);
          incoming.take();
          if (typeof frame === "string") refuse(frame, "");
          else if (frame) deliverFrame(frame);
          break;
        }
        case "reference": {
          const frame = broadcasts ? broadcasts.take(packet.broadcast) : "broadcast";
          if (frame === "broadcast") return refuse(frame, "");
          if (frame === null) return waitForBroadcast(packet.broadcast);
          incoming.take();
          deliverFrame(frame);
          tell(); // the coordinator keeps it until then
          break;
        }
        case "goodbye":
          incoming.take();
          publish(gone(packet.reason));
          end(packet.reason);
          break;
        default:
          packet satisfies never;
      }
    }
  }

  function deliverFrame(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (!frame.ok) return refuse(frame.reason, frame.detail);
    counters.received(bytes.length);
    const { message, body } = frame;
    unreadBytes += bytes.length;
    if (!inbox.push({ message, body, sizeBytes: bytes.length, release() {} })) {
      unreadBytes -= bytes.length;
      counters.rejected("unread");
    }
  }

  function hearStatus(status: StatusPacket): void {
    outgoing.acknowledge(status.acknowledged);
    const now = performance.now();
    if (status.missing) {
      const repeated = lastWentBack.received === status.received && now - lastWentBack.at < REPEAT_MS;
      if (!repeated) {
        lastWentBack = { received: status.received, at: now };
        outgoing.goBack(status.received);
      }
    }
    options.onStatus?.(status);
    hearPublished(status.broadcast);
    // Packets of one sender keep their order, so what was sent before this status and is not here is lost.
    knownSent = Math.max(knownSent, status.sent);
    if (knownSent > incoming.received) askForMissing();
    else if (status.asks) tell();
  }

  /** At once for every new gap, then as long as it is there. */
  function askForMissing(): void {
    const { received } = incoming;
    if (askedFrom !== received) tell({ missing: true });
    askedFrom = received;
    startRepair();
  }

  /** The broadcast may be on its way, or be lost: the coordinator's status says whether it was sent. */
  function waitForBroadcast(broadcast: number): void {
    if (broadcast !== askedAbout) tell({ asks: true });
    askedAbout = broadcast;
    startRepair();
  }

  /** What is lost, or its replacement, or the plea for it: all can be lost. */
  function startRepair(): void {
    repair ??= setInterval(() => {
      const gap = knownSent > incoming.received;
      if (gap) tell({ missing: true });
      else if (incoming.peek()?.kind === "reference") tell({ asks: true });
      else stopRepair();
    }, REPEAT_MS);
  }

  function stopRepair(): void {
    if (repair) clearInterval(repair);
    repair = null;
  }

  /** All broadcasts up to this one were sent before: where the stream waits for one of them, some of it is lost. */
  function hearPublished(broadcast: number): void {
    const awaited = incoming.peek();
    if (awaited?.kind !== "reference" || awaited.broadcast > broadcast) return;
    const now = performance.now();
    if (lastWanted.broadcast === awaited.broadcast && now - lastWanted.at < REPEAT_MS) return;
    lastWanted = { broadcast: awaited.broadcast, at: now };
    tell({ wants: true });
  }

  function refuse(fault: string, detail: string): void {
    counters.rejected(fault);
    const sentence = `message refused: ${fault} ${detail}`.trimEnd();
    publish(gone(sentence));
    end(`refused a message of ${peer}: ${fault} ${detail}`.trimEnd());
  }

  function drop(reason: string): void {
    closing.because(reason);
    publish(gone(reason));
    end(reason);
  }

  /** The end, whoever wanted it. */
  function end(reason: string): void {
    if (ended) return;
    ended = true;
    stopHeartbeat();
    stopRepair();
    inbox.end();
    const first = closing.finish(reason);
    outgoing.close();
    const error = new GanglionError("TRANSPORT", `connection to ${peer} closed: ${first}`);
    for (const reject of unsent) reject(error);
  }

  const stopHeartbeat = startHeartbeat(options, {
    beat: () => tell(),
    heard: () => {
      const was = heard;
      heard = false;
      return was;
    },
    die: drop,
  });

  async function sendFrame(pieces: readonly Uint8Array[]): Promise<void> {
    const parts = cutFrame(pieces, outlet.packetBytes() - PACKET_HEAD_BYTES);
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    counters.sent(sizeBytes);
    await new Promise<void>((resolve, reject) => {
      unsent.add(reject);
      for (const part of parts) {
        const last = part.index === part.count - 1;
        const onSent = (): void => {
          unsent.delete(reject);
          resolve();
        };
        outgoing.push(encodePacket({ kind: "chunk", seq: outgoing.next, ...part }), {
          onSent: last ? onSent : null,
        });
      }
    });
    await outlet.room();
  }

  return {
    peer,
    ...(options.identity !== undefined && { identity: options.identity }),
    closed: closing.closed,
    hear,
    drop,
    resume() {
      heard = true;
      [askedFrom, askedAbout] = [-1, -1];
      tell({ asks: true });
      outgoing.pump();
    },
    refer(broadcast, frameBytes, settled) {
      counters.sent(0); // the hub counts the frame, once for all
      const packet = encodePacket({ kind: "reference", seq: outgoing.next, broadcast });
      outgoing.push(packet, { heldBytes: frameBytes, onAcknowledged: settled });
    },
    backlogBytes: () => outgoing.heldBytes,
    repeat(packets) {
      for (const packet of packets) publish(packet);
    },
    async send(message, body) {
      if (ended || closing.started()) {
        throw new GanglionError(
          "TRANSPORT",
          `cannot send ${message.type} to ${peer}, it is closed: ${closing.reason()}`,
        );
      }
      await sendFrame(encodeFrame(message, body));
    },
    receive: () => inbox.iterate(),
    status: () => counters.status(!ended),
    async close(reason = "closed") {
      if (!ended && !closing.started()) {
        closing.because(reason);
        outgoing.push(encodePacket({ kind: "goodbye", seq: outgoing.next, reason }));
        setTimeout(() => end(reason), FAREWELL_MS).unref();
      }
      await closing.closed;
    },
  };
}

function gone(reason: string): Uint8Array {
  return encodePacket({ kind: "gone", reason });
}

interface Arrival extends Envelope {
  readonly sizeBytes: number;
}
