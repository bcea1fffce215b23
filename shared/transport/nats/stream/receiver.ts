// The receiving half of a session: packets become messages, in order; what is lost is asked for again.
import { decodeFrame } from "../../../protocol/frame.ts";
import { type Allowance, MESSAGE_BYTES, STRANGER_BYTES } from "../../allowance.ts";
import type { Counters } from "../../counters.ts";
import type { Frame } from "../../frame-builder.ts";
import type { FramePool } from "../../frame-pool.ts";
import { createQueue } from "../../queue.ts";
import type { Envelope } from "../../transport.ts";
import type { BroadcastPacket, StatusPacket, StreamPacket } from "./packets.ts";
import { type BroadcastAssembly, FrameAssembly } from "./reassembly.ts";
import { Incoming } from "./reliable-stream.ts";
import { Repair, type StatusRequests } from "./repair.ts";

export interface ReceiverOptions {
  readonly peer: string;
  readonly counters: Counters;
  /** What the other end may send. */
  readonly allowance: Allowance;
  readonly memory: FramePool;
  /** How many bytes the other end was last allowed to have in flight. */
  readonly windowBytes: () => number;
  /** The broadcasts that a node receives beside its own stream; null for the coordinator. */
  readonly broadcasts: BroadcastAssembly | null;
  readonly sendStatus: (requests?: StatusRequests) => void;
  /** The other end has broken the protocol. */
  readonly onFault: (fault: string, detail?: string) => void;
  /** The other end has said goodbye, after everything else. */
  readonly onGoodbye: (reason: string) => void;
}

/** Packets are borrowed until these return. */
export interface Receiver {
  onStreamPacket(packet: StreamPacket, sizeBytes: number): void;
  onBroadcastPacket(packet: BroadcastPacket, sizeBytes: number): void;
  onStatus(status: StatusPacket): void;
  /** What a status says of this half. */
  progress(): Pick<StatusPacket, "received" | "acknowledged">;
  receive(): AsyncIterable<Envelope>;
  /** Called at each heartbeat. Returns for how many in a row the other end was heard and did not continue its frame. */
  stalledFor(heard: boolean): number;
  /** The connection is back: what was in flight may be lost, requests included, and the server is to blame for the silence. */
  onReconnect(): void;
  /** No more messages: the reader gets what is queued, then the end. */
  end(): void;
}

/** What may be in flight: a quarter of what a NATS server buffers for a slow client before it cuts it off. */
export const WINDOW_BYTES = 16 * 1024 * 1024;

export function createReceiver(options: ReceiverOptions): Receiver {
  const { peer, counters, allowance, memory, broadcasts, sendStatus } = options;
  const assembly = new FrameAssembly({
    memory,
    get maxFrameBytes() {
      return allowance.maxFrameBytes;
    },
  });
  /** The widest window that the other end may still be using. */
  let windowBytes = 0;
  const widest = (): number => (windowBytes = Math.max(windowBytes, options.windowBytes()));
  const incoming = new Incoming(() => (allowance.isStranger ? STRANGER_BYTES : 2 * widest()));
  const repair = new Repair({
    received: () => incoming.received,
    awaitedBroadcast() {
      const next = incoming.peek();
      return next?.kind === "reference" ? next.broadcast : null;
    },
    sendStatus,
  });
  let strangerBytes = 0;
  let progressed = 0;
  let judged = { progressed, stalled: 0 };
  let acknowledged = 0;
  let unacknowledgedBytes = 0;
  let broadcastBytes = 0;
  let unreadBytes = 0;
  let ended = false;

  const reading = (): boolean => !ended;
  const refuse: ReceiverOptions["onFault"] = (fault, detail) => {
    assembly.abandon();
    options.onFault(fault, detail);
  };
  const inbox = createQueue<Arrival>({
    name: `receive() from ${peer}`,
    onLeave(arrival) {
      const waited = unreadBytes >= allowance.readAheadBytes;
      unreadBytes -= arrival.sizeBytes;
      if (waited && unreadBytes < allowance.readAheadBytes) sendStatus();
    },
    onUnread: () => counters.rejected("unread"),
  });

  function onStreamPacket(packet: StreamPacket, sizeBytes: number): void {
    if (allowance.isStranger && (strangerBytes += sizeBytes) > STRANGER_BYTES)
      return refuse("before-hello", "more than a hello");
    const arrival = incoming.add(incoming.isNext(packet) ? packet : owned(packet));
    if (arrival === "in order") {
      unacknowledgedBytes += sizeBytes;
      progressed++;
      deliver();
      if (unacknowledgedBytes > 3 * widest()) refuse("window", "more than was acknowledged");
      else if (unacknowledgedBytes >= options.windowBytes() / 4) sendStatus();
      return;
    }
    counters.rejected(`packet-${arrival}`);
    if (arrival !== "duplicate") repair.onGap(packet.seq + 1);
  }

  function onBroadcastPacket(packet: BroadcastPacket, sizeBytes: number): void {
    if (!broadcasts) return counters.rejected("broadcast");
    const fault = broadcasts.add(packet);
    if (fault) return refuse(fault);
    broadcastBytes += sizeBytes;
    if (broadcastBytes >= WINDOW_BYTES / 4) {
      broadcastBytes = 0;
      sendStatus(); // the coordinator keeps pace with its nodes
    }
    deliver();
  }

  /** Everything that is in order, as far as its broadcasts are here. */
  function deliver(): void {
    for (let packet = incoming.peek(); packet && reading(); packet = incoming.peek()) {
      if (packet.kind === "reference") {
        if (!broadcasts) return refuse("broadcast");
        const frame = broadcasts.take(packet.broadcast);
        if (frame === null) return repair.onAwaited(packet.broadcast);
        incoming.take();
        deliverFrame(frame);
        sendStatus(); // the coordinator keeps the frame until then
      } else if (packet.kind === "goodbye") {
        incoming.take();
        options.onGoodbye(packet.reason);
      } else {
        incoming.take();
        const frame = assembly.add(packet);
        if (typeof frame === "string") refuse(frame);
        else if (frame) deliverFrame(frame);
      }
    }
  }

  function deliverFrame({ bytes, release }: Frame): void {
    const frame = decodeFrame(bytes);
    if (!frame.ok) return refuse(frame.reason, frame.detail);
    const { message, body } = frame;
    if (body && body.byteLength > allowance.maxBodyBytes)
      return refuse("too-large", `a body of ${body.byteLength} bytes`);
    counters.received(bytes.length);
    const sizeBytes = MESSAGE_BYTES + bytes.length;
    unreadBytes += sizeBytes;
    if (!inbox.push({ message, body, sizeBytes, release })) {
      unreadBytes -= sizeBytes;
      counters.rejected("unread");
    }
  }

  return {
    onStreamPacket,
    onBroadcastPacket,
    onStatus: (status) => repair.onStatus(status),
    progress() {
      widest(); // the window of this status
      if (unreadBytes < allowance.readAheadBytes) [acknowledged, unacknowledgedBytes] = [incoming.taken, 0];
      return { received: incoming.received, acknowledged };
    },
    receive: () => inbox.iterate(),
    stalledFor(heard) {
      // If it waits for us to read, or is not heard at all, it is not to blame.
      const waits = heard && assembly.unfinished && unreadBytes < allowance.readAheadBytes;
      const stalled = waits && progressed === judged.progressed ? judged.stalled + 1 : 0;
      judged = { progressed, stalled };
      return stalled;
    },
    onReconnect() {
      repair.reset();
      judged = { progressed, stalled: 0 };
    },
    end() {
      ended = true;
      repair.stop();
      assembly.abandon();
      inbox.end();
    },
  };
}

/** A copy that may be kept. */
function owned(packet: StreamPacket): StreamPacket {
  return packet.kind === "chunk" ? { ...packet, bytes: Uint8Array.from(packet.bytes) } : packet;
}

interface Arrival extends Envelope {
  readonly sizeBytes: number;
}
