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

export type Arrival = "in order" | "early" | "duplicate" | "overrun";

/** The receiving half: puts packets in order. */
export class Incoming {
  readonly #limitBytes: () => number;
  readonly #early = new Map<number, StreamPacket>();
  #earlyBytes = 0;
  readonly #ordered: StreamPacket[] = [];
  #received = 0;

  /** At most `limitBytes` of packets that come too early are kept; the rest will be sent again. */
  constructor(limitBytes: () => number) {
    this.#limitBytes = limitBytes;
  }

  /** How many have come without a gap. */
  get received(): number {
    return this.#received;
  }

  /** How many of these were taken. */
  get taken(): number {
    return this.#received - this.#ordered.length;
  }

  /** Whether it can be taken at once. */
  isNext({ seq }: StreamPacket): boolean {
    return seq === this.#received && this.#ordered.length === 0;
  }

  add(packet: StreamPacket): Arrival {
    if (packet.seq < this.#received || this.#early.has(packet.seq)) return "duplicate";
    if (packet.seq > this.#received) {
      if (this.#earlyBytes + sizeOf(packet) > this.#limitBytes()) return "overrun";
      this.#early.set(packet.seq, packet);
      this.#earlyBytes += sizeOf(packet);
      return "early";
    }
    for (let next: StreamPacket | undefined = packet; next; next = this.#early.get(this.#received)) {
      if (this.#early.delete(next.seq)) this.#earlyBytes -= sizeOf(next);
      this.#ordered.push(next);
      this.#received++;
    }
    return "in order";
  }

  /** The next in order, which stays until it is taken. */
  peek(): StreamPacket | null {
    return this.#ordered[0] ?? null;
  }

  take(): void {
    this.#ordered.shift();
  }
}

/** Its bytes, and what an object costs beside them. */
function sizeOf(packet: StreamPacket): number {
  return 256 + ("bytes" in packet ? packet.bytes.length : 0);
}
