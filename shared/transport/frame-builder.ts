// Builds a frame from the parts in which it arrives, in memory that is used again.
import { copyBytes } from "../copy-bytes.ts";
import { type FramePool, FrameRoom } from "./frame-pool.ts";

/** Its bytes are its reader's until `release`, which may be called more than once. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly release: () => void;
}

export interface AssemblyOptions {
  /** Looked at when a frame begins: it may be another than for the last. */
  readonly maxFrameBytes: number;
  /** How much of a frame may be its body; default as much as fits. */
  readonly maxBodyBytes?: number;
  readonly memory: FramePool;
}

/** A frame in the making, in memory of its own, so that floats in it are aligned as the frame means them to be. */
export class FrameBuilder {
  readonly #memory: FramePool;
  #room: FrameRoom | null;
  readonly #small: Buffer;
  #sizeBytes = 0;

  /** `declaredBytes`: it will have at most so many, and as many as `maxFrameBytes` whatever it declares. */
  constructor({ memory, maxFrameBytes }: AssemblyOptions, declaredBytes: number) {
    const capacityBytes = Math.min(declaredBytes, maxFrameBytes);
    this.#memory = memory;
    this.#room = capacityBytes < SMALL_BYTES ? null : memory.take(capacityBytes);
    this.#small = this.#room ? NOTHING : Buffer.allocUnsafeSlow(capacityBytes);
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    copyBytes(this.#upTo(end), bytes, offset);
    this.#sizeBytes = Math.max(this.#sizeBytes, end);
  }

  /** Where it said that it would be smaller, it moves. */
  #upTo(end: number): Buffer {
    const here = this.#room;
    if (here ? end <= here.capacityBytes : end <= this.#small.length) return here?.upTo(end) ?? this.#small;
    const larger = this.#memory.take(Math.max(2 * end, SMALL_BYTES));
    const bytes = larger.upTo(end);
    copyBytes(bytes, here?.upTo(this.#sizeBytes) ?? this.#small.subarray(0, this.#sizeBytes));
    if (here) this.#memory.drop(here);
    this.#room = larger;
    return bytes;
  }

  /** Its memory is used again after the release, which counts once. */
  finish(): Frame {
    const room = this.#room;
    let held = room !== null;
    return {
      bytes: room?.upTo(this.#sizeBytes) ?? this.#small.subarray(0, this.#sizeBytes),
      release: () => {
        if (held && room) this.#memory.give(room);
        held = false;
      },
    };
  }

  /** It will not be whole: its memory is the system's again. */
  abandon(): void {
    if (this.#room) this.#memory.drop(this.#room);
    this.#room = null;
  }
}

/** The frame whose pieces these are, as bytes of its own: what it was made from may change afterwards. */
export function copyFrame(pieces: readonly Uint8Array[], memory: FramePool): Frame {
  const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const frame = new FrameBuilder({ memory, maxFrameBytes: sizeBytes }, sizeBytes);
  let offset = 0;
  for (const piece of pieces) {
    frame.write(offset, piece);
    offset += piece.length;
  }
  return frame.finish();
}

/** Smaller frames are not worth to be kept: they get memory of their own. */
const SMALL_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
