// One session between a coordinator and a node over NATS, as a Connection: from the handshake to the end of either side.
//
// Both ends run this code. Each sends a numbered stream of packets on a subject of its own and keeps them until the
// other has acknowledged them, so a server that restarts, or is away for a while, costs nothing but time. The session
// ends when the other end dies: when it is silent for three heartbeats although the server is there.
import { GanglionError } from "../../errors.ts";
import { encodeOwnFrame } from "../../protocol/own-message.ts";
import type { Allowance } from "../allowance.ts";
import { createClosing } from "../closing.ts";
import type { Counters } from "../counters.ts";
import type { FramePool } from "../frame-pool.ts";
import type { Connection } from "../transport.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { type StatusPacket, decodePacket, encodePacket } from "./stream/packets.ts";
import type { BroadcastAssembly } from "./stream/reassembly.ts";
import { Receiver, WINDOW_BYTES } from "./stream/receiver.ts";
import type { StatusRequests } from "./stream/repair.ts";
import type { SendBuffer } from "./stream/send-buffer.ts";
import { Sender } from "./stream/sender.ts";

export interface NatsSessionOptions {
  readonly peer: string;
  readonly identity?: string;
  readonly counters: Counters;
  readonly sendBuffer: SendBuffer;
  /** Where this end's packets go. */
  readonly subject: string;
  /** What the other end may send. */
  readonly allowance: Allowance;
  /** Memory for the frames that arrive; a hub's sessions share it. */
  readonly memory: FramePool;
  readonly heartbeatMs: number;
  /** How long the server may be away before the session is given up. */
  readonly awayMs: number;
  /** The broadcasts that a node receives beside its own stream. The coordinator receives none. */
  readonly broadcasts?: BroadcastAssembly;
  /** What only the coordinator's end has. */
  readonly coordinator?: {
    /** The last broadcast that was sent. */
    readonly published: () => number;
    /** How many bytes this node may have in flight: what the server holds for the coordinator, all nodes share. */
    readonly windowBytes: () => number;
    /** Called with every status of the node. */
    readonly onStatus: (status: StatusPacket) => void;
    /** Called when the peer has proved to be a node of the run. */
    readonly onAdmitted: () => void;
    /** Encodes one of our messages as a frame. */
    readonly encode: typeof encodeOwnFrame;
  };
}

export interface NatsSession extends Connection {
  /** Takes a packet of this session's subject, or of the broadcasts'; borrowed until it returns. */
  onPacket(bytes: Uint8Array): void;
  /** The server is back: finds out what was lost. */
  resume(): void;
  /**
   * Puts a broadcast's place into the stream. `settled` is called when the frame need not be kept for this session any
   * more: with true once the node has it, with false when the session ends before.
   */
  refer(broadcast: number, frameBytes: number, settled: (received: boolean) => void): void;
  /** Bytes that are kept until the other end acknowledges them. */
  backlogBytes(): number;
  /** Sends broadcast packets again, to this node alone. */
  repeat(packets: readonly Uint8Array[]): void;
  /** Tells the other end what has arrived, and what it may have in flight. */
  sendStatus(): void;
  /** Closes at once, without a farewell. */
  drop(reason: string): void;
}

/** Of a node, until the coordinator has told it how much it may have in flight. */
const FIRST_WINDOW_BYTES = 256 * 1024;
/** How long a polite close waits for the other end. */
const FAREWELL_MS = 5000;
/** Half a minute in which the other end was heard, and did not continue a frame that it had begun. */
const STALLED_HEARTBEATS = 10;

export function openNatsSession(options: NatsSessionOptions): NatsSession {
  const { peer, counters, sendBuffer, subject, allowance, memory, broadcasts, coordinator } = options;
  const closing = createClosing();
  /** How many bytes this end may have in flight, and how many it allows the other. */
  let granted = broadcasts ? FIRST_WINDOW_BYTES : WINDOW_BYTES;
  let allowed = broadcasts ? WINDOW_BYTES : FIRST_WINDOW_BYTES;
  let farewell: NodeJS.Timeout | undefined;
  let heard = true;
  let ended = false;

  const sender = new Sender({
    counters,
    sendBuffer,
    subject,
    windowBytes: () => granted,
    onTooLarge: drop,
  });
  const receiver: Receiver = new Receiver({
    peer,
    counters,
    allowance,
    memory,
    windowBytes: () => allowed,
    broadcasts: broadcasts ?? null,
    sendStatus,
    onFault(fault, detail = "") {
      counters.rejected(fault);
      sender.publish(gone(`message refused: ${fault} ${detail}`.trimEnd()));
      end(`refused a message of ${peer}: ${fault} ${detail}`.trimEnd());
    },
    onGoodbye(reason) {
      sender.publish(gone(reason));
      end(reason);
    },
  });
  const stopHeartbeat = startHeartbeat(options, {
    beat: () => sendStatus(),
    wasHeard() {
      const was = heard;
      heard = false;
      if (coordinator && receiver.stalledFor(was) >= STALLED_HEARTBEATS) {
        counters.rejected("stalled");
        drop(`${peer} began a frame and did not continue it for ${STALLED_HEARTBEATS} heartbeats`);
      }
      return was;
    },
    onDeath: drop,
  });

  function sendStatus(requests: StatusRequests = {}): void {
    if (ended || !sendBuffer.open()) return;
    allowed = coordinator?.windowBytes() ?? WINDOW_BYTES;
    const ofBroadcasts = broadcasts?.progress ?? {
      broadcast: coordinator?.published() ?? 0,
      parts: allowed,
    };
    const progress = { sent: sender.stream.sent, ...receiver.progress(), ...ofBroadcasts };
    const none = { asks: false, missing: false, wants: false };
    sender.publish(encodePacket({ kind: "status", ...progress, ...none, ...requests }));
  }

  function onPacket(bytes: Uint8Array): void {
    if (ended) return;
    const packet = decodePacket(bytes);
    if (typeof packet === "string") return counters.rejected(packet); // it will be missed, and asked for again
    heard ||= packet.kind !== "broadcast"; // which an earlier coordinator may send
    switch (packet.kind) {
      case "chunk":
      case "reference":
      case "goodbye":
        return receiver.onStreamPacket(packet, bytes.length);
      case "broadcast":
        return receiver.onBroadcastPacket(packet, bytes.length);
      case "status":
        return onStatus(packet);
      case "gone":
        return end(packet.reason);
      default:
        packet satisfies never;
    }
  }

  function onStatus(status: StatusPacket): void {
    if (broadcasts) granted = status.parts;
    sender.onStatus(status);
    coordinator?.onStatus(status);
    receiver.onStatus(status);
    if (status.asks) sendStatus();
  }

  function drop(reason: string): void {
    closing.because(reason);
    sender.publish(gone(reason));
    end(reason);
  }

  /** The end, whoever wanted it. */
  function end(reason: string): void {
    if (ended) return;
    ended = true;
    stopHeartbeat();
    clearTimeout(farewell);
    receiver.end();
    const first = closing.finish(reason);
    sender.end(new GanglionError("TRANSPORT", `connection to ${peer} closed: ${first}`));
  }

  return {
    peer,
    ...(options.identity !== undefined && { identity: options.identity }),
    closed: closing.closed,
    onPacket,
    drop,
    sendStatus: () => sendStatus(),
    resume() {
      heard = true;
      receiver.onReconnect();
      sendStatus({ asks: true });
      sender.stream.pump();
    },
    refer(broadcast, frameBytes, settled) {
      counters.sent(0); // the hub counts the frame, once for all
      const packet = encodePacket({ kind: "reference", seq: sender.stream.next, broadcast });
      sender.stream.push(packet, { heldBytes: frameBytes, onAcknowledged: settled });
    },
    backlogBytes: () => sender.stream.heldBytes,
    repeat(packets) {
      for (const packet of packets) sender.publish(packet);
    },
    async send(message, body) {
      if (ended || closing.started()) {
        throw new GanglionError(
          "TRANSPORT",
          `cannot send ${message.type} to ${peer}, it is closed: ${closing.reason()}`,
        );
      }
      await sender.sendFrame((coordinator?.encode ?? encodeOwnFrame)(message, body));
    },
    ...(coordinator && {
      admit({ bodyBytes }) {
        allowance.admit(bodyBytes);
        coordinator.onAdmitted();
      },
    }),
    receive: () => receiver.receive(),
    status: () => counters.status(!ended),
    async close(reason = "closed") {
      if (!ended && !closing.started()) {
        closing.because(reason);
        sender.stream.push(encodePacket({ kind: "goodbye", seq: sender.stream.next, reason }));
        farewell = setTimeout(() => end(reason), FAREWELL_MS);
      }
      await closing.closed;
    },
  };
}

function gone(reason: string): Uint8Array {
  return encodePacket({ kind: "gone", reason });
}
