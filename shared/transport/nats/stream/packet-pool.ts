// Memory for packets on their way, used again once the other end has them: a vector a round would be much garbage.
import { type Packet, encodePacket } from "./packets.ts";

/** Smaller packets are few bytes, and get memory of their own. */
const SMALL_BYTES = 32 * 1024;
/** What is kept for later. */
const KEPT_BYTES = 64 * 1024 * 1024;

export class PacketMemory {
  readonly #packetBytes: number;
  readonly #free: ArrayBuffer[] = [];

  /** `packetBytes`: of the largest packet. */
  constructor(packetBytes: number) {
    this.#packetBytes = packetBytes;
  }

  encode(packet: Packet): Uint8Array {
    if (!("bytes" in packet) || packet.bytes.length < SMALL_BYTES) return encodePacket(packet);
    return encodePacket(packet, Buffer.from(this.#free.pop() ?? new ArrayBuffer(this.#packetBytes)));
  }

  /** What `encode` returned will not be sent any more, and was written to the system each time that it was sent. */
  letGo({ buffer }: Uint8Array): void {
    const isOurs = buffer instanceof ArrayBuffer && buffer.byteLength === this.#packetBytes;
    if (isOurs && this.#free.length < KEPT_BYTES / this.#packetBytes) this.#free.push(buffer);
  }
}
