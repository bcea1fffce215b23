// Both halves of a stream that loses nothing, over a broker that may: what was sent is kept until it is acknowledged.
import type { StreamPacket } from "./packets.ts";

export interface OutgoingOptions {
  /** How many unacknowledged bytes may be in flight; the last packet may exceed it. */
  readonly windowBytes: () => number;
  /** Whether packets may be sent now; false while the broker is away. */
  readonly open: () => boolean;
  /** Hands a packet to the broker's client. */
  readonly publish: (packet: Uint8Array) => void;
  /** Called with a packet that is acknowledged and was sent only once: nothing will read it any more. */
  readonly release?: (packet: Uint8Array) => void;
}

interface Item {
  readonly packet: Uint8Array;
  /** What is kept for it: the frame of a reference, else the packet itself. */
  readonly heldBytes: number;
  readonly onSent: (() => void) | null;
  /** Called with false if the stream ends before. */
  readonly onAcknowledged: ((acknowledged: boolean) => void) | null;
}

/** The sending half: a window of unacknowledged packets, from any of which it can start again (go-back-N). */
export class Outgoing {
  readonly #options: OutgoingOptions;
  /** Packets that are unacknowledged or wait; the first is number `#base`. */
  #items: Item[] = [];
  #base = 0;
  /** The next packet to publish, and how many ever were. */
  #cursor = 0;
  #sent = 0;
  /** Packets before this number may have been sent twice: the socket may still have to write one that is acknowledged. */
  #repeatedUntil = 0;
  #inFlightBytes = 0;
  #heldBytes = 0;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** The number of the next packet. */
  get next(): number {
    return this.#base + this.#items.length;
  }

  get sent(): number {
    return this.#sent;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Appends packet number `next`, to be published when the window has room. */
  push(packet: Uint8Array, item: Partial<Omit<Item, "packet">> = {}): void {
    const { heldBytes = packet.length, onSent = null, onAcknowledged = null } = item;
    this.#items.push({ packet, heldBytes, onSent, onAcknowledged });
    this.#heldBytes += heldBytes;
    this.pump();
  }

  /** Publishes what the window allows. */
  pump(): void {
    while (this.#cursor < this.next && this.#inFlightBytes < this.#options.windowBytes()) {
      if (!this.#options.open()) return;
      const { packet, onSent } = this.#items[this.#cursor - this.#base];
      this.#inFlightBytes += packet.length;
      this.#cursor++;
      this.#options.publish(packet);
      if (this.#cursor > this.#sent) {
        this.#sent = this.#cursor;
        onSent?.();
      }
    }
  }

  /** The other end has all packets before `number` for good. Ignores a number that was never sent. */
  acknowledge(number: number): void {
    if (number <= this.#base || number > this.#sent) return;
    const first = this.#base;
    const gone = this.#items.splice(0, number - first);
    // After going back, those beyond the cursor are not in flight.
    const inFlight = Math.min(gone.length, this.#cursor - this.#base);
    for (const { packet } of gone.slice(0, inFlight)) this.#inFlightBytes -= packet.length;
    this.#base = number;
    this.#cursor = Math.max(this.#cursor, number);
    for (const [i, { packet, heldBytes, onAcknowledged }] of gone.entries()) {
      this.#heldBytes -= heldBytes;
      onAcknowledged?.(true);
      if (first + i >= this.#repeatedUntil) this.#options.release?.(packet);
    }
    this.pump();
  }

  /** Publishes again, from `number` on. */
  goBack(number: number): void {
    if (number < this.#base || number >= this.#cursor) return;
    for (const { packet } of this.#items.slice(number - this.#base, this.#cursor - this.#base))
      this.#inFlightBytes -= packet.length;
    this.#repeatedUntil = this.#sent;
    this.#cursor = number;
    this.pump();
  }

  /** Frees everything. */
  close(): void {
    for (const { onAcknowledged } of this.#items.splice(0)) onAcknowledged?.(false);
    [this.#inFlightBytes, this.#heldBytes] = [0, 0];
    this.#cursor = this.#base;
  }
}

export type Arrival = "in order" | "early" | "duplicate";

/** The receiving half: takes packets in order. One that comes too early is dropped: it will be sent again with the missing. */
export class Incoming {
  readonly #untaken: StreamPacket[] = [];
  #received = 0;

  /** How many have come without a gap. */
  get received(): number {
    return this.#received;
  }

  /** How many of these were taken. */
  get taken(): number {
    return this.#received - this.#untaken.length;
  }

  /** The packet is borrowed if nothing waits before it: then it must be taken at once. Otherwise a copy is kept. */
  add(packet: StreamPacket): Arrival {
    if (packet.seq !== this.#received) return packet.seq < this.#received ? "duplicate" : "early";
    this.#untaken.push(this.#untaken.length === 0 ? packet : copyOf(packet));
    this.#received++;
    return "in order";
  }

  /** The next in order, which stays until it is taken. */
  peek(): StreamPacket | null {
    return this.#untaken[0] ?? null;
  }

  take(): void {
    this.#untaken.shift();
  }
}

function copyOf(packet: StreamPacket): StreamPacket {
  return packet.kind === "chunk" ? { ...packet, bytes: Uint8Array.from(packet.bytes) } : packet;
}
