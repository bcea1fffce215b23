// Memory for packets in flight, reused once the other end has them: a vector per round would be a lot of garbage.
import { type Packet, encodePacket } from "./packets.ts";

/** Smaller packets are not worth pooling. */
const SMALL_BYTES = 32 * 1024;
/** Upper limit on the free memory that is kept. */
const KEPT_BYTES = 64 * 1024 * 1024;

export class PacketPool {
  readonly #packetBytes: number;
  readonly #free: ArrayBuffer[] = [];

  /** `packetBytes` is the size of the largest packet. */
  constructor(packetBytes: number) {
    this.#packetBytes = packetBytes;
  }

  /** The packet as bytes, to be given back to `release`. */
  encode(packet: Packet): Uint8Array {
    if (!("bytes" in packet) || packet.bytes.length < SMALL_BYTES) return encodePacket(packet);
    return encodePacket(packet, Buffer.from(this.#free.pop() ?? new ArrayBuffer(this.#packetBytes)));
  }

  /** Takes back what `encode` returned. It must not be sent again, and no socket may still have to write it. */
  release({ buffer }: Uint8Array): void {
    const isOurs = buffer instanceof ArrayBuffer && buffer.byteLength === this.#packetBytes;
    if (isOurs && this.#free.length < KEPT_BYTES / this.#packetBytes) this.#free.push(buffer);
  }
}
