// The receiving half of a session over NATS: packets become messages in order, and what is lost is asked for.
import { decodeFrame } from "../../../protocol/frame.ts";
import type { FramePool } from "../../frame-pool.ts";
import type { BroadcastPacket, StatusPacket, StreamPacket } from "./packets.ts";
import { type BroadcastAssembly, FrameAssembly } from "./reassembly.ts";
import type { Frame } from "../../frame-builder.ts";
import { type Allowance, MESSAGE_BYTES, STRANGER_BYTES } from "../../allowance.ts";
import type { Counters } from "../../counters.ts";
import { createQueue } from "../../queue.ts";
import { Incoming } from "./reliable-stream.ts";
import type { Envelope } from "../../transport.ts";

export type Pleas = Partial<Pick<StatusPacket, "asks" | "missing" | "wants">>;

export interface ReceiverOptions {
  readonly peer: string;
  readonly counters: Counters;
  /** What the other end may send. */
  readonly allowance: Allowance;
  readonly memory: FramePool;
  /** How many bytes the other end was last told it may have on their way. */
  readonly windowBytes: () => number;
  /** What a node hears beside its own stream; null for the coordinator. */
  readonly broadcasts: BroadcastAssembly | null;
  /** Sends a status, in which the other end is asked for something. */
  readonly tell: (pleas?: Pleas) => void;
  /** The other end sends what it should not. */
  readonly refuse: (fault: string, detail?: string) => void;
  /** The other end said goodbye, after everything else. */
  readonly goodbye: (reason: string) => void;
}

/** Packets are borrowed until these return. */
export interface Receiver {
  hearStream(packet: StreamPacket, sizeBytes: number): void;
  hearBroadcast(packet: BroadcastPacket, sizeBytes: number): void;
  /** How much the other end has sent tells what is lost. */
  hearStatus(status: StatusPacket): void;
  /** What a status says of this half. */
  progress(): Pick<StatusPacket, "received" | "acknowledged">;
  receive(): AsyncIterable<Envelope>;
  /** At a heartbeat, whether the other end was heard since the last: how often it was so while a frame did not go on. */
  stalledFor(heard: boolean): number;
  /** After a reconnection everything may be lost that was on its way, pleas too; and the silence was the server's. */
  forgetPleas(): void;
  /** No more messages: the reader gets what is queued, then the end. */
  end(): void;
}

/** What may be on its way. A quarter of what a NATS server buffers for a slow client before it cuts it off. */
export const WINDOW_BYTES = 16 * 1024 * 1024;
/** Asked for again after so long: what is on its way should arrive first. */
export const REPEAT_MS = 250;
export function createReceiver(options: ReceiverOptions): Receiver {
  const { peer, counters, allowance, memory, broadcasts, tell } = options;
  const assembly = new FrameAssembly({
    memory,
    get maxFrameBytes() {
      return allowance.maxFrameBytes;
    },
  });
  /** What the other end may have taken for its window, now or before. */
  let windowBytes = 0;
  const incoming = new Incoming(() => (allowance.isStranger ? STRANGER_BYTES : 2 * widest()));
  let strangerBytes = 0;
  let progressed = 0;
  let judged = { progressed, stalled: 0 };
  let acknowledged = 0;
  let unacknowledgedBytes = 0;
  let broadcastBytes = 0;
  let unreadBytes = 0;
  /** So much of the stream is here, on its way, or lost. */
  let knownSent = 0;
  /** The last pleas: from which packet on, and about which broadcast. */
  let pleaded = NO_PLEAS;
  let wantedAt = Number.NEGATIVE_INFINITY;
  let repair: NodeJS.Timeout | null = null;
  let ended = false;

  const reading = (): boolean => !ended;
  const widest = (): number => (windowBytes = Math.max(windowBytes, options.windowBytes()));
  const refuse: ReceiverOptions["refuse"] = (fault, detail) => {
    assembly.abandon();
    options.refuse(fault, detail);
  };
  const inbox = createQueue<Arrival>({
    name: `receive() from ${peer}`,
    onLeave(arrival) {
      const waited = unreadBytes >= allowance.readAheadBytes;
      unreadBytes -= arrival.sizeBytes;
      if (waited && unreadBytes < allowance.readAheadBytes) tell();
    },
    onUnread: () => counters.rejected("unread"),
  });

  function hearStream(packet: StreamPacket, sizeBytes: number): void {
    if (allowance.isStranger && (strangerBytes += sizeBytes) > STRANGER_BYTES)
      return refuse("before-hello", "more than a hello");
    const arrival = incoming.add(incoming.isNext(packet) ? packet : owned(packet));
    if (arrival === "in order") {
      unacknowledgedBytes += sizeBytes;
      progressed++;
      deliver();
      if (unacknowledgedBytes > 3 * widest()) refuse("window", "more than was acknowledged");
      else if (unacknowledgedBytes >= options.windowBytes() / 4) tell();
      return;
    }
    counters.rejected(`packet-${arrival}`);
    knownSent = Math.max(knownSent, packet.seq + 1);
    if (arrival !== "duplicate") askForMissing();
  }

  function hearBroadcast(packet: BroadcastPacket, sizeBytes: number): void {
    if (!broadcasts) return counters.rejected("broadcast");
    const fault = broadcasts.add(packet);
    if (fault) return refuse(fault);
    broadcastBytes += sizeBytes;
    if (broadcastBytes >= WINDOW_BYTES / 4) {
      broadcastBytes = 0;
      tell(); // the coordinator keeps step with its nodes
    }
    deliver();
  }

  /** Everything that is in order, as far as broadcasts are here. */
  function deliver(): void {
    for (let packet = incoming.peek(); packet && reading(); packet = incoming.peek()) {
      if (packet.kind === "reference") {
        if (!broadcasts) return refuse("broadcast");
        const frame = broadcasts.take(packet.broadcast);
        if (frame === null) return waitForBroadcast(packet.broadcast);
        incoming.take();
        deliverFrame(frame);
        tell(); // the coordinator keeps the frame until then
      } else if (packet.kind === "goodbye") {
        incoming.take();
        options.goodbye(packet.reason);
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

  function hearStatus({ sent, broadcast }: StatusPacket): void {
    // Packets of one sender keep their order, so what was sent before this status and is not here is lost.
    knownSent = Math.max(knownSent, sent);
    if (knownSent > incoming.received) askForMissing();
    const awaited = incoming.peek();
    if (awaited?.kind !== "reference" || awaited.broadcast > broadcast) return;
    // And so is what the stream waits for, of a broadcast that was sent whole.
    const now = performance.now();
    if (pleaded.wanted === awaited.broadcast && now - wantedAt < REPEAT_MS) return;
    pleaded = { ...pleaded, wanted: awaited.broadcast };
    wantedAt = now;
    tell({ wants: true });
  }

  /** At once for every new gap, then as long as it is there. */
  function askForMissing(): void {
    const { received } = incoming;
    if (pleaded.missing !== received) tell({ missing: true });
    pleaded = { ...pleaded, missing: received };
    startRepair();
  }

  /** The broadcast may be on its way, or be lost: the coordinator's status says whether it was sent. */
  function waitForBroadcast(broadcast: number): void {
    if (pleaded.asked !== broadcast) tell({ asks: true });
    pleaded = { ...pleaded, asked: broadcast };
    startRepair();
  }

  /** What was sent again can be lost, and a plea too. */
  function startRepair(): void {
    repair ??= setInterval(() => {
      if (knownSent > incoming.received) tell({ missing: true });
      else if (incoming.peek()?.kind === "reference") tell({ asks: true });
      else stopRepair();
    }, REPEAT_MS);
  }

  function stopRepair(): void {
    if (repair) clearInterval(repair);
    repair = null;
  }

  return {
    hearStream,
    hearBroadcast,
    hearStatus,
    progress() {
      widest(); // as it is told now
      if (unreadBytes < allowance.readAheadBytes) [acknowledged, unacknowledgedBytes] = [incoming.taken, 0];
      return { received: incoming.received, acknowledged };
    },
    receive: () => inbox.iterate(),
    stalledFor(heard) {
      // Where it waits for us to read, or is not heard itself, the silence is not its own.
      const waits = heard && assembly.unfinished && unreadBytes < allowance.readAheadBytes;
      const stalled = waits && progressed === judged.progressed ? judged.stalled + 1 : 0;
      judged = { progressed, stalled };
      return stalled;
    },
    forgetPleas() {
      pleaded = NO_PLEAS;
      judged = { progressed, stalled: 0 };
    },
    end() {
      ended = true;
      stopRepair();
      assembly.abandon();
      inbox.end();
    },
  };
}

/** The same, to be kept. */
function owned(packet: StreamPacket): StreamPacket {
  return packet.kind === "chunk" ? { ...packet, bytes: Uint8Array.from(packet.bytes) } : packet;
}

const NO_PLEAS = { missing: -1, asked: -1, wanted: -1 };

interface Arrival extends Envelope {
  readonly sizeBytes: number;
}
