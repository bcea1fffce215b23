// Assembles a frame from its parts, in pooled memory.
import { copyBytes } from "../copy-bytes.ts";
import { type FramePool, FrameBuffer } from "./frame-pool.ts";

/** A complete frame. Its bytes belong to its reader until `release`, which may be called more than once. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly release: () => void;
}

export interface AssemblyOptions {
  /** Read when a frame begins: it may change between frames. */
  readonly maxFrameBytes: number;
  /** Largest body within a frame; default: whatever fits. */
  readonly maxBodyBytes?: number;
  readonly memory: FramePool;
}

/** One frame under construction, in memory of its own, so that its floats keep the alignment that the frame gives them. */
export class FrameBuilder {
  readonly #memory: FramePool;
  #buffer: FrameBuffer | null;
  readonly #small: Buffer;
  #sizeBytes = 0;

  /** `declaredBytes` is the expected size, capped at `maxFrameBytes`: it may be wrong, or a lie. */
  constructor({ memory, maxFrameBytes }: AssemblyOptions, declaredBytes: number) {
    const capacityBytes = Math.min(declaredBytes, maxFrameBytes);
    this.#memory = memory;
    this.#buffer = capacityBytes < SMALL_BYTES ? null : memory.take(capacityBytes);
    this.#small = this.#buffer ? NOTHING : Buffer.allocUnsafeSlow(capacityBytes);
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    copyBytes(this.#upTo(end), bytes, offset);
    this.#sizeBytes = Math.max(this.#sizeBytes, end);
  }

  /** Moves to a larger buffer where the declared size was too small. */
  #upTo(end: number): Buffer {
    const present = this.#buffer;
    if (present ? end <= present.capacityBytes : end <= this.#small.length)
      return present?.upTo(end) ?? this.#small;
    const larger = this.#memory.take(Math.max(2 * end, SMALL_BYTES));
    const bytes = larger.upTo(end);
    copyBytes(bytes, present?.upTo(this.#sizeBytes) ?? this.#small.subarray(0, this.#sizeBytes));
    if (present) this.#memory.drop(present);
    this.#buffer = larger;
    return bytes;
  }

  /** The frame, as far as it was written. Its memory goes back to the pool when it is released. */
  finish(): Frame {
    const buffer = this.#buffer;
    let held = buffer !== null;
    return {
      bytes: buffer?.upTo(this.#sizeBytes) ?? this.#small.subarray(0, this.#sizeBytes),
      release: () => {
        if (held && buffer) this.#memory.give(buffer);
        held = false;
      },
    };
  }

  /** The frame will never be complete: its memory goes back to the system. */
  abandon(): void {
    if (this.#buffer) this.#memory.drop(this.#buffer);
    this.#buffer = null;
  }
}

/** Joins `pieces` into one frame, by copying them: they may change afterwards. */
export function copyFrame(pieces: readonly Uint8Array[], memory: FramePool): Frame {
  const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const builder = new FrameBuilder({ memory, maxFrameBytes: sizeBytes }, sizeBytes);
  let offset = 0;
  for (const piece of pieces) {
    builder.write(offset, piece);
    offset += piece.length;
  }
  return builder.finish();
}

/** Smaller frames are not worth pooling. */
const SMALL_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
