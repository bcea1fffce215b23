// Assembles frames from their parts, within bounds: in order for a session's stream, in any order for a broadcast.
import type { BroadcastPacket, StreamPacket } from "./packets.ts";
import { type AssemblyOptions, type Frame, FrameBuilder } from "../../frame-builder.ts";

type Chunk = Extract<StreamPacket, { kind: "chunk" }>;

/** Why parts are not a frame. */
export type ReassemblyFault = "chunk-order" | "chunk-size" | "too-large";

/** Assembles the chunks of a stream, which come in order, one frame after the other. Parts are copied. */
export class FrameAssembly {
  readonly #options: AssemblyOptions;
  #builder: FrameBuilder | null = null;
  #parts = 0;
  #sizeBytes = 0;

  constructor(options: AssemblyOptions) {
    this.#options = options;
  }

  /** The frame if the chunk is its last, null if more are to come. After a fault the stream is useless. */
  add({ index, count, bytes }: Chunk): Frame | null | ReassemblyFault {
    if (index !== this.#parts) return "chunk-order";
    if (this.#sizeBytes + bytes.length > this.#options.maxFrameBytes) return "too-large";
    this.#builder ??= new FrameBuilder(this.#options, count * bytes.length);
    this.#builder.write(this.#sizeBytes, bytes);
    this.#sizeBytes += bytes.length;
    this.#parts++;
    if (index < count - 1) return null;
    const frame = this.#builder.finish();
    [this.#builder, this.#parts, this.#sizeBytes] = [null, 0, 0];
    return frame;
  }

  /** Whether a frame has begun and is not complete. */
  get unfinished(): boolean {
    return this.#builder !== null;
  }

  /** Frees a frame that will not be completed. */
  abandon(): void {
    this.#builder?.abandon();
    [this.#builder, this.#parts, this.#sizeBytes] = [null, 0, 0];
  }
}

/**
 * Assembles the broadcasts that a node receives. It keeps the newest two, and the one that its stream waits for: it can ask
 * again for what it drops, so memory is bounded whatever is sent. Parts are copied.
 */
export class BroadcastAssembly {
  readonly #options: AssemblyOptions;
  readonly #partial = new Map<number, PartialBroadcast>();
  #awaited = 0;

  constructor(options: AssemblyOptions) {
    this.#options = options;
  }

  /** The broadcast that is being received, or waited for: part of a status. */
  get progress(): { readonly broadcast: number; readonly parts: number } {
    const broadcast = this.#awaited || Math.max(0, ...this.#partial.keys());
    return { broadcast, parts: this.#partial.get(broadcast)?.gapless ?? 0 };
  }

  /** Takes a part; duplicates are ignored. */
  add(packet: BroadcastPacket): ReassemblyFault | null {
    let partial = this.#partial.get(packet.broadcast);
    if (!partial) {
      partial = new PartialBroadcast(this.#options, packet.count);
      this.#partial.set(packet.broadcast, partial);
      this.#dropOld();
    }
    const fault = partial.add(packet);
    if (fault) this.#drop(packet.broadcast);
    return fault;
  }

  /** The complete frame, which is then forgotten with all before it; null if parts are missing: it is waited for. */
  take(broadcast: number): Frame | null {
    this.#awaited = broadcast;
    const partial = this.#partial.get(broadcast);
    if (!partial?.complete) return null;
    this.#partial.delete(broadcast);
    for (const id of this.#partial.keys()) if (id < broadcast) this.#drop(id);
    this.#awaited = 0;
    return partial.finish();
  }

  #dropOld(): void {
    const ids = [...this.#partial.keys()].filter((id) => id !== this.#awaited).sort((a, b) => b - a);
    for (const id of ids.slice(KEPT_BROADCASTS)) this.#drop(id);
  }

  #drop(broadcast: number): void {
    this.#partial.get(broadcast)?.finish().release(); // to the pool: the next will be of its size
    this.#partial.delete(broadcast);
  }
}

const KEPT_BROADCASTS = 2;

/** One broadcast. Its parts have one size, except the last, which may be smaller: so the place of each is known. */
class PartialBroadcast {
  readonly #options: AssemblyOptions;
  readonly #count: number;
  readonly #present = new Set<number>();
  #builder: FrameBuilder | null = null;
  #gapless = 0;
  #partBytes = 0;
  #sizeBytes = 0;
  /** A copy of the last part, if it came before any part that tells its place. */
  #early: Uint8Array | null = null;

  constructor(options: AssemblyOptions, count: number) {
    this.#options = options;
    this.#count = count;
  }

  /** Parts 0 … gapless - 1 have come. */
  get gapless(): number {
    return this.#gapless;
  }

  get complete(): boolean {
    return this.#gapless === this.#count;
  }

  add({ index, count, bytes }: BroadcastPacket): ReassemblyFault | null {
    if (count !== this.#count || this.#present.has(index)) return null;
    const isLast = index === count - 1;
    const partBytes = this.#partBytes || (isLast && count > 1 ? 0 : bytes.length);
    const last = isLast ? bytes : this.#early;
    if (partBytes > 0 && ((!isLast && bytes.length !== partBytes) || (last?.length ?? 0) > partBytes))
      return "chunk-size";
    this.#sizeBytes += bytes.length;
    if (Math.max(this.#sizeBytes, index * partBytes + bytes.length) > this.#options.maxFrameBytes)
      return "too-large";
    this.#present.add(index);
    while (this.#present.has(this.#gapless)) this.#gapless++;
    this.#partBytes = partBytes;
    if (partBytes === 0) this.#early = Uint8Array.from(bytes);
    else this.#write(index, bytes);
    return null;
  }

  /** What has come of it, which from now on belongs to the caller. */
  finish(): Frame {
    return this.#builder?.finish() ?? NO_FRAME;
  }

  #write(index: number, bytes: Uint8Array): void {
    this.#builder ??= new FrameBuilder(this.#options, this.#count * this.#partBytes);
    this.#builder.write(index * this.#partBytes, bytes);
    const early = this.#early;
    this.#early = null;
    if (early) this.#builder.write((this.#count - 1) * this.#partBytes, early);
  }
}

const NO_FRAME: Frame = { bytes: new Uint8Array(0), release: () => undefined };
