// Frames from their parts, within bounds: in order for a session's stream, in any order for a broadcast.
import type { BroadcastPacket, StreamPacket } from "./packets.ts";

type Chunk = Extract<StreamPacket, { kind: "chunk" }>;

/** Why parts do not make a frame. */
export type ReassemblyFault = "chunk-order" | "too-large";

/** Puts together the chunks of a stream, which come in order, one frame after the other. */
export class FrameAssembly {
  readonly #maxFrameBytes: number;
  #parts: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** The frame when the chunk is its last, null when more are to come. After a fault the stream means nothing. */
  add({ index, count, bytes }: Chunk): Uint8Array | null | ReassemblyFault {
    if (index !== this.#parts.length) return "chunk-order";
    this.#sizeBytes += bytes.length;
    if (this.#sizeBytes > this.#maxFrameBytes) return "too-large";
    this.#parts.push(bytes);
    if (index < count - 1) return null;
    const frame = joined(this.#parts);
    [this.#parts, this.#sizeBytes] = [[], 0];
    return frame;
  }
}

/**
 * The broadcasts that a node hears. It keeps the newest two, and one that its stream waits for: what it drops it can
 * ask for again, so memory is bounded whatever is sent.
 */
export class BroadcastAssembly {
  readonly #maxFrameBytes: number;
  readonly #heard = new Map<number, Heard>();
  #awaited = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** The broadcast that is received, or waited for: what a status tells. */
  get progress(): { readonly broadcast: number; readonly parts: number } {
    const broadcast = this.#awaited || Math.max(0, ...this.#heard.keys());
    return { broadcast, parts: this.#heard.get(broadcast)?.gapless ?? 0 };
  }

  /** Keeps a part; doubled ones, and those of dropped broadcasts, are let go. False when the frame is over the limit. */
  add({ broadcast, index, count, bytes }: BroadcastPacket): boolean {
    let heard = this.#heard.get(broadcast);
    if (!heard) {
      heard = { count, parts: new Map(), gapless: 0, sizeBytes: 0 };
      this.#heard.set(broadcast, heard);
      this.#dropOld();
    }
    if (count !== heard.count || heard.parts.has(index)) return true;
    heard.sizeBytes += bytes.length;
    if (heard.sizeBytes > this.#maxFrameBytes) {
      this.#heard.delete(broadcast);
      return false;
    }
    heard.parts.set(index, bytes);
    while (heard.parts.has(heard.gapless)) heard.gapless++;
    return true;
  }

  /** The whole frame, which is then forgotten with all before it; null when parts are missing: it is waited for. */
  take(broadcast: number): Uint8Array | null {
    this.#awaited = broadcast;
    const heard = this.#heard.get(broadcast);
    if (!heard || heard.gapless < heard.count) return null;
    for (const id of this.#heard.keys()) if (id <= broadcast) this.#heard.delete(id);
    this.#awaited = 0;
    return joined(Array.from({ length: heard.count }, (_, i) => heard.parts.get(i)!));
  }

  #dropOld(): void {
    const ids = [...this.#heard.keys()].filter((id) => id !== this.#awaited).sort((a, b) => b - a);
    for (const id of ids.slice(KEPT_BROADCASTS)) this.#heard.delete(id);
  }
}

interface Heard {
  readonly count: number;
  readonly parts: Map<number, Uint8Array>;
  /** Parts 0 … gapless - 1 are here. */
  gapless: number;
  sizeBytes: number;
}

const KEPT_BROADCASTS = 2;

/** In memory of its own, so that floats in it are aligned as the frame means them to be. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}
