// The receiving half of a session: packets become messages, in order; what is lost is asked for again.
import { decodeFrame } from "../../../protocol/frame.ts";
import { type Allowance, MESSAGE_BYTES, STRANGER_BYTES } from "../../allowance.ts";
import type { Counters } from "../../counters.ts";
import type { Frame } from "../../frame-builder.ts";
import type { FramePool } from "../../frame-pool.ts";
import { type Queue, createQueue } from "../../queue.ts";
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

/** What may be in flight: a quarter of what a NATS server buffers for a slow client before it cuts it off. */
export const WINDOW_BYTES = 16 * 1024 * 1024;

/** Packets are borrowed until its methods return. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #assembly: FrameAssembly;
  readonly #incoming = new Incoming();
  readonly #repair: Repair;
  readonly #inbox: Queue<Arrival>;
  /** The widest window that the other end may still be using. */
  #widestBytes = 0;
  #strangerBytes = 0;
  /** Stream packets that came in order: all of them, and when the frame was last seen to stall. */
  #progressed = 0;
  #judged = { progressed: 0, stalled: 0 };
  #acknowledged = 0;
  #unacknowledgedBytes = 0;
  #broadcastBytes = 0;
  #unreadBytes = 0;
  #ended = false;

  constructor(options: ReceiverOptions) {
    const { allowance, counters, memory, peer, sendStatus } = options;
    this.#options = options;
    this.#assembly = new FrameAssembly({
      memory,
      get maxFrameBytes() {
        return allowance.maxFrameBytes;
      },
    });
    this.#repair = new Repair({
      received: () => this.#incoming.received,
      awaitedBroadcast: () => {
        const next = this.#incoming.peek();
        return next?.kind === "reference" ? next.broadcast : null;
      },
      sendStatus,
    });
    this.#inbox = createQueue<Arrival>({
      name: `receive() from ${peer}`,
      onLeave: ({ sizeBytes }) => {
        const waited = this.#waitsForReader;
        this.#unreadBytes -= sizeBytes;
        if (waited && !this.#waitsForReader) sendStatus();
      },
      onUnread: () => counters.rejected("unread"),
    });
  }

  onStreamPacket(packet: StreamPacket, sizeBytes: number): void {
    const { allowance, counters, windowBytes, sendStatus } = this.#options;
    if (allowance.isStranger && (this.#strangerBytes += sizeBytes) > STRANGER_BYTES)
      return this.#refuse("before-hello", "more than a hello");
    const arrival = this.#incoming.add(packet);
    if (arrival !== "in order") {
      counters.rejected(`packet-${arrival}`);
      if (arrival === "early") this.#repair.onGap(packet.seq + 1);
      return;
    }
    this.#unacknowledgedBytes += sizeBytes;
    this.#progressed++;
    this.#deliver();
    if (this.#unacknowledgedBytes > 3 * this.#widenWindow())
      this.#refuse("window", "more than was acknowledged");
    else if (this.#unacknowledgedBytes >= windowBytes() / 4) sendStatus();
  }

  onBroadcastPacket(packet: BroadcastPacket, sizeBytes: number): void {
    const { broadcasts, counters, sendStatus } = this.#options;
    if (!broadcasts) return counters.rejected("broadcast");
    const fault = broadcasts.add(packet);
    if (fault) return this.#refuse(fault);
    this.#broadcastBytes += sizeBytes;
    if (this.#broadcastBytes >= WINDOW_BYTES / 4) {
      this.#broadcastBytes = 0;
      sendStatus(); // the coordinator keeps pace with its nodes
    }
    this.#deliver();
  }

  onStatus(status: StatusPacket): void {
    this.#repair.onStatus(status);
  }

  /** The connection is back: what was in flight may be lost, requests included, and the server is to blame for the silence. */
  onReconnect(): void {
    this.#repair.reset();
    this.#judged = { progressed: this.#progressed, stalled: 0 };
  }

  /** What a status says of this half. */
  progress(): Pick<StatusPacket, "received" | "acknowledged"> {
    this.#widenWindow(); // to the one of this status
    if (!this.#waitsForReader) [this.#acknowledged, this.#unacknowledgedBytes] = [this.#incoming.taken, 0];
    return { received: this.#incoming.received, acknowledged: this.#acknowledged };
  }

  receive(): AsyncIterable<Envelope> {
    return this.#inbox.iterate();
  }

  /** Called at each heartbeat. Returns for how many in a row the other end was heard and did not continue its frame. */
  stalledFor(heard: boolean): number {
    // If it waits for us to read, or is not heard at all, it is not to blame.
    const waits = heard && this.#assembly.unfinished && !this.#waitsForReader;
    const stalled = waits && this.#progressed === this.#judged.progressed ? this.#judged.stalled + 1 : 0;
    this.#judged = { progressed: this.#progressed, stalled };
    return stalled;
  }

  /** No more messages: the reader gets what is queued, then the end. */
  end(): void {
    this.#ended = true;
    this.#repair.stop();
    this.#assembly.abandon();
    this.#inbox.end();
  }

  get #waitsForReader(): boolean {
    return this.#unreadBytes >= this.#options.allowance.readAheadBytes;
  }

  #widenWindow(): number {
    return (this.#widestBytes = Math.max(this.#widestBytes, this.#options.windowBytes()));
  }

  #refuse(fault: string, detail?: string): void {
    this.#assembly.abandon();
    this.#options.onFault(fault, detail);
  }

  /** Everything that is in order, as far as its broadcasts are here. */
  #deliver(): void {
    const { broadcasts, onGoodbye, sendStatus } = this.#options;
    for (let packet = this.#incoming.peek(); packet && !this.#ended; packet = this.#incoming.peek()) {
      if (packet.kind === "reference") {
        if (!broadcasts) return this.#refuse("broadcast");
        const frame = broadcasts.take(packet.broadcast);
        if (frame === null) return this.#repair.onAwaited(packet.broadcast);
        this.#incoming.take();
        this.#deliverFrame(frame);
        sendStatus(); // the coordinator keeps the frame until then
      } else if (packet.kind === "goodbye") {
        this.#incoming.take();
        onGoodbye(packet.reason);
      } else {
        this.#incoming.take();
        const frame = this.#assembly.add(packet);
        if (typeof frame === "string") this.#refuse(frame);
        else if (frame) this.#deliverFrame(frame);
      }
    }
  }

  #deliverFrame({ bytes, release }: Frame): void {
    const { allowance, counters } = this.#options;
    const frame = decodeFrame(bytes);
    if (!frame.ok) return this.#refuse(frame.reason, frame.detail);
    const { message, body } = frame;
    if (body && body.byteLength > allowance.maxBodyBytes)
      return this.#refuse("too-large", `a body of ${body.byteLength} bytes`);
    counters.received(bytes.length);
    const sizeBytes = MESSAGE_BYTES + bytes.length;
    this.#unreadBytes += sizeBytes;
    if (this.#inbox.push({ message, body, sizeBytes, release })) return;
    this.#unreadBytes -= sizeBytes;
    counters.rejected("unread");
  }
}

interface Arrival extends Envelope {
  readonly sizeBytes: number;
}
