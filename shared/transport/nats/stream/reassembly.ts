// Frames from their parts, within bounds: in order for a session's stream, in any order for a broadcast.
import type { BroadcastPacket, StreamPacket } from "./packets.ts";
import { type AssemblyOptions, type Frame, FrameBuilder } from "../../frame-builder.ts";

type Chunk = Extract<StreamPacket, { kind: "chunk" }>;

/** Why parts do not make a frame. */
export type ReassemblyFault = "chunk-order" | "chunk-size" | "too-large";

/** Puts together the chunks of a stream, which come in order, one frame after the other. Parts are copied. */
export class FrameAssembly {
  readonly #options: AssemblyOptions;
  #rising: FrameBuilder | null = null;
  #parts = 0;
  #sizeBytes = 0;

  constructor(options: AssemblyOptions) {
    this.#options = options;
  }

  /** The frame when the chunk is its last, null when more are to come. After a fault the stream means nothing. */
  add({ index, count, bytes }: Chunk): Frame | null | ReassemblyFault {
    if (index !== this.#parts) return "chunk-order";
    if (this.#sizeBytes + bytes.length > this.#options.maxFrameBytes) return "too-large";
    this.#rising ??= new FrameBuilder(this.#options, count * bytes.length);
    this.#rising.write(this.#sizeBytes, bytes);
    this.#sizeBytes += bytes.length;
    this.#parts++;
    if (index < count - 1) return null;
    const frame = this.#rising.finish();
    [this.#rising, this.#parts, this.#sizeBytes] = [null, 0, 0];
    return frame;
  }

  /** Whether a frame has begun and is not whole. */
  get unfinished(): boolean {
    return this.#rising !== null;
  }

  /** Lets go of a frame that will not be whole. */
  abandon(): void {
    this.#rising?.abandon();
    [this.#rising, this.#parts, this.#sizeBytes] = [null, 0, 0];
  }
}

/**
 * The broadcasts that a node hears. It keeps the newest two, and one that its stream waits for: what it drops it can
 * ask for again, so memory is bounded whatever is sent. Parts are copied.
 */
export class BroadcastAssembly {
  readonly #options: AssemblyOptions;
  readonly #heard = new Map<number, HeardBroadcast>();
  #awaited = 0;

  constructor(options: AssemblyOptions) {
    this.#options = options;
  }

  /** The broadcast that is received, or waited for: what a status tells. */
  get progress(): { readonly broadcast: number; readonly parts: number } {
    const broadcast = this.#awaited || Math.max(0, ...this.#heard.keys());
    return { broadcast, parts: this.#heard.get(broadcast)?.gapless ?? 0 };
  }

  /** Keeps a part; doubled ones, and those of dropped broadcasts, are let go. */
  add(packet: BroadcastPacket): ReassemblyFault | null {
    let heard = this.#heard.get(packet.broadcast);
    if (!heard) {
      heard = new HeardBroadcast(this.#options, packet.count);
      this.#heard.set(packet.broadcast, heard);
      this.#dropOld();
    }
    const fault = heard.add(packet);
    if (fault) this.#drop(packet.broadcast);
    return fault;
  }

  /** The whole frame, which is then forgotten with all before it; null when parts are missing: it is waited for. */
  take(broadcast: number): Frame | null {
    this.#awaited = broadcast;
    const heard = this.#heard.get(broadcast);
    if (!heard?.complete) return null;
    this.#heard.delete(broadcast);
    for (const id of this.#heard.keys()) if (id < broadcast) this.#drop(id);
    this.#awaited = 0;
    return heard.whole();
  }

  #dropOld(): void {
    const ids = [...this.#heard.keys()].filter((id) => id !== this.#awaited).sort((a, b) => b - a);
    for (const id of ids.slice(KEPT_BROADCASTS)) this.#drop(id);
  }

  #drop(broadcast: number): void {
    this.#heard.get(broadcast)?.whole().release(); // the next will be like it
    this.#heard.delete(broadcast);
  }
}

const KEPT_BROADCASTS = 2;

/** One broadcast. Its parts are of one size but the last, which may be smaller: so each has its place. */
class HeardBroadcast {
  readonly #options: AssemblyOptions;
  readonly #count: number;
  readonly #here = new Set<number>();
  #rising: FrameBuilder | null = null;
  #gapless = 0;
  #partBytes = 0;
  #sizeBytes = 0;
  /** A copy of the last part, where it came before one that tells its place. */
  #early: Uint8Array | null = null;

  constructor(options: AssemblyOptions, count: number) {
    this.#options = options;
    this.#count = count;
  }

  /** Parts 0 … gapless - 1 are here. */
  get gapless(): number {
    return this.#gapless;
  }

  get complete(): boolean {
    return this.#gapless === this.#count;
  }

  add({ index, count, bytes }: BroadcastPacket): ReassemblyFault | null {
    if (count !== this.#count || this.#here.has(index)) return null;
    const isLast = index === count - 1;
    const partBytes = this.#partBytes || (isLast && count > 1 ? 0 : bytes.length);
    const last = isLast ? bytes : this.#early;
    if (partBytes > 0 && ((!isLast && bytes.length !== partBytes) || (last?.length ?? 0) > partBytes))
      return "chunk-size";
    this.#sizeBytes += bytes.length;
    if (Math.max(this.#sizeBytes, index * partBytes + bytes.length) > this.#options.maxFrameBytes)
      return "too-large";
    this.#here.add(index);
    while (this.#here.has(this.#gapless)) this.#gapless++;
    this.#partBytes = partBytes;
    if (partBytes === 0) this.#early = Uint8Array.from(bytes);
    else this.#write(index, bytes);
    return null;
  }

  /** What is here of it, which from now on is the caller's. */
  whole(): Frame {
    return this.#rising?.finish() ?? NO_FRAME;
  }

  #write(index: number, bytes: Uint8Array): void {
    this.#rising ??= new FrameBuilder(this.#options, this.#count * this.#partBytes);
    this.#rising.write(index * this.#partBytes, bytes);
    const early = this.#early;
    this.#early = null;
    if (early) this.#rising.write((this.#count - 1) * this.#partBytes, early);
  }
}

const NO_FRAME: Frame = { bytes: new Uint8Array(0), release: () => undefined };
