// One session between a coordinator and a node over NATS, as a Connection: order, loss, back-pressure, signs of life.
//
// Both ends run this code. Each sends a numbered stream of packets on a subject of its own and keeps them until the
// other has acknowledged them, so a server that restarts, or is away for a while, costs time and nothing else. The
// session dies when the other end does: when it is silent for three heartbeats while the server is there.
import { GanglionError } from "../../errors.ts";
import { encodeOwnFrame } from "../../protocol/own-message.ts";
import type { FramePool } from "../frame-pool.ts";
import {
  PACKET_HEAD_BYTES,
  type StatusPacket,
  cutFrame,
  decodePacket,
  encodePacket,
} from "./stream/packets.ts";
import type { BroadcastAssembly } from "./stream/reassembly.ts";
import type { Allowance } from "../allowance.ts";
import { createClosing } from "../closing.ts";
import type { Counters } from "../counters.ts";
import { startHeartbeat } from "./heartbeat.ts";
import type { Outlet } from "./stream/send-buffer.ts";
import { type Pleas, REPEAT_MS, WINDOW_BYTES, createReceiver } from "./stream/receiver.ts";
import { Outgoing } from "./stream/reliable-stream.ts";
import type { Connection } from "../transport.ts";

export interface NatsSessionOptions {
  readonly peer: string;
  readonly identity?: string;
  readonly counters: Counters;
  readonly outlet: Outlet;
  /** Where this end's packets go. */
  readonly subject: string;
  /** What the other end may send. */
  readonly allowance: Allowance;
  /** Where frames arrive; of all sessions of a hub. */
  readonly memory: FramePool;
  readonly heartbeatMs: number;
  /** How long the server may be away before the session is given up. */
  readonly awayMs: number;
  /** What a node hears beside its own stream; the coordinator hears no broadcasts. */
  readonly broadcasts?: BroadcastAssembly;
  /** The coordinator's end. */
  readonly coordinator?: {
    /** The last broadcast that was sent. */
    readonly published: () => number;
    /** What this node may have on its way: the server holds so much for the coordinator, and no more, of all nodes. */
    readonly windowBytes: () => number;
    /** Hears every status of the node. */
    readonly onStatus: (status: StatusPacket) => void;
    /** Hears that the peer is a node of the run. */
    readonly onAdmitted: () => void;
    /** Makes a frame of a message of ours. */
    readonly encode: typeof encodeOwnFrame;
  };
}

export interface NatsSession extends Connection {
  /** Takes a packet that came on this session's subject, or on the one of broadcasts; borrowed until it returns. */
  hear(bytes: Uint8Array): void;
  /** The server is back: finds out what was lost. */
  resume(): void;
  /**
   * Puts a broadcast's place into the stream; `settled` is called when the frame need not be kept for it: with true when
   * the node has it, with false when the session ends before.
   */
  refer(broadcast: number, frameBytes: number, settled: (received: boolean) => void): void;
  /** Bytes that are kept until the other end acknowledges them. */
  backlogBytes(): number;
  /** Sends broadcast packets again, to this node alone. */
  repeat(packets: readonly Uint8Array[]): void;
  /** Tells the other end how far this one is, and what it may have on its way. */
  tell(): void;
  /** Closes at once, without a farewell. */
  drop(reason: string): void;
}

/** Of a node that was not told yet what it may have on its way. */
const FIRST_WINDOW_BYTES = 256 * 1024;
/** How long a polite close waits for the other end. */
const FAREWELL_MS = 5000;
/** Half a minute in which the other end was heard, and nothing of a frame that it had begun. */
const STALLED_HEARTBEATS = 10;

export function openNatsSession(options: NatsSessionOptions): NatsSession {
  const { peer, counters, outlet, subject, allowance, memory, broadcasts, coordinator } = options;
  const closing = createClosing();
  const open = (): boolean => outlet.open();
  const outgoing = new Outgoing({
    windowBytes: () => granted,
    open,
    publish,
    letGo: (packet) => outlet.memory.letGo(packet),
  });
  const receiver = createReceiver({
    peer,
    counters,
    allowance,
    memory,
    windowBytes: () => allowed,
    broadcasts: broadcasts ?? null,
    tell,
    refuse(fault, detail = "") {
      counters.rejected(fault);
      publish(gone(`message refused: ${fault} ${detail}`.trimEnd()));
      end(`refused a message of ${peer}: ${fault} ${detail}`.trimEnd());
    },
    goodbye(reason) {
      publish(gone(reason));
      end(reason);
    },
  });
  /** What this end may have on its way, and what it allows the other. */
  let granted = broadcasts ? FIRST_WINDOW_BYTES : WINDOW_BYTES;
  let allowed = broadcasts ? WINDOW_BYTES : FIRST_WINDOW_BYTES;
  const unsent = new Set<(error: GanglionError) => void>();
  let wentBack = { to: -1, at: 0 };
  let farewell: NodeJS.Timeout | undefined;
  let heard = true;
  let ended = false;

  /** Tells the other end how far this one is. */
  function tell(pleas: Pleas = {}): void {
    if (ended || !outlet.open()) return;
    allowed = coordinator?.windowBytes() ?? WINDOW_BYTES;
    const ofBroadcasts = broadcasts?.progress ?? {
      broadcast: coordinator?.published() ?? 0,
      parts: allowed,
    };
    const progress = { sent: outgoing.sent, ...receiver.progress(), ...ofBroadcasts };
    const silent = { asks: false, missing: false, wants: false };
    publish(encodePacket({ kind: "status", ...progress, ...silent, ...pleas }));
  }

  function publish(packet: Uint8Array): void {
    if (outlet.publish(subject, packet)) return;
    const sentence = `the NATS server now takes at most ${outlet.packetBytes()} bytes a message`;
    queueMicrotask(() => drop(sentence)); // what is kept was cut for more: a new session will do better
  }

  function hear(bytes: Uint8Array): void {
    if (ended) return;
    const packet = decodePacket(bytes);
    if (typeof packet === "string") return counters.rejected(packet); // it will be missed, and asked for again
    heard ||= packet.kind !== "broadcast"; // which an earlier coordinator may send
    switch (packet.kind) {
      case "chunk":
      case "reference":
      case "goodbye":
        return receiver.hearStream(packet, bytes.length);
      case "broadcast":
        return receiver.hearBroadcast(packet, bytes.length);
      case "status":
        return hearStatus(packet);
      case "gone":
        return end(packet.reason);
      default:
        packet satisfies never;
    }
  }

  function hearStatus(status: StatusPacket): void {
    if (broadcasts) granted = status.parts;
    outgoing.acknowledge(status.acknowledged);
    const now = performance.now();
    const repeated = wentBack.to === status.received && now - wentBack.at < REPEAT_MS;
    if (status.missing && !repeated) {
      wentBack = { to: status.received, at: now };
      outgoing.goBack(status.received);
    }
    coordinator?.onStatus(status);
    receiver.hearStatus(status);
    if (status.asks) tell();
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
    clearTimeout(farewell);
    receiver.end();
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
      if (coordinator && receiver.stalledFor(was) >= STALLED_HEARTBEATS) {
        counters.rejected("stalled");
        drop(`a frame of ${peer} was begun and did not go on for ${STALLED_HEARTBEATS} heartbeats`);
      }
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
        const packet = outlet.memory.encode({ kind: "chunk", seq: outgoing.next, ...part });
        outgoing.push(packet, { onSent: last ? onSent : null });
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
    tell: () => tell(),
    resume() {
      heard = true;
      receiver.forgetPleas();
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
      await sendFrame((coordinator?.encode ?? encodeOwnFrame)(message, body));
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
        outgoing.push(encodePacket({ kind: "goodbye", seq: outgoing.next, reason }));
        farewell = setTimeout(() => end(reason), FAREWELL_MS);
      }
      await closing.closed;
    },
  };
}

function gone(reason: string): Uint8Array {
  return encodePacket({ kind: "gone", reason });
}
