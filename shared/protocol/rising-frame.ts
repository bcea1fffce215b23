// A frame while its parts come in, and when it is whole, in memory that is used again.
import { copyBytes } from "../copy-bytes.ts";
import type { FrameMemory } from "./frame-memory.ts";

/** Its bytes are its reader's until `release`, which may be called more than once. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly release: () => void;
}

export interface AssemblyOptions {
  readonly maxFrameBytes: number;
  readonly memory: FrameMemory;
}

/** A frame in the making, in memory of its own, so that floats in it are aligned as the frame means them to be. */
export class RisingFrame {
  readonly #memory: FrameMemory;
  readonly #declaredBytes: number;
  #buffer: Buffer;
  #sizeBytes = 0;

  /** `declaredBytes`: it will have at most so many. */
  constructor({ memory, maxFrameBytes }: AssemblyOptions, declaredBytes: number) {
    this.#memory = memory;
    this.#declaredBytes = Math.min(declaredBytes, maxFrameBytes);
    this.#buffer =
      this.#declaredBytes < SMALL_BYTES
        ? Buffer.allocUnsafeSlow(this.#declaredBytes)
        : memory.take(Math.min(FIRST_BYTES, this.#declaredBytes), this.#declaredBytes);
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end > this.#buffer.length) this.#grow(end);
    copyBytes(this.#buffer, bytes, offset);
    this.#sizeBytes = Math.max(this.#sizeBytes, end);
  }

  #grow(leastBytes: number): void {
    const small = this.#buffer;
    const most = Math.max(leastBytes, this.#declaredBytes);
    this.#buffer = this.#memory.take(Math.min(2 * leastBytes, most), most);
    copyBytes(this.#buffer, small.subarray(0, this.#sizeBytes));
  }

  /** Its memory is used again after the release, which counts once. */
  whole(): Frame {
    const buffer = this.#buffer;
    let held = buffer.length >= SMALL_BYTES;
    return {
      bytes: buffer.subarray(0, this.#sizeBytes),
      release: () => {
        if (held) this.#memory.give(buffer);
        held = false;
      },
    };
  }
}

/** The frame whose pieces these are, as bytes of its own: what it was made from may change afterwards. */
export function copyFrame(pieces: readonly Uint8Array[], memory: FrameMemory): Frame {
  const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const rising = new RisingFrame({ memory, maxFrameBytes: sizeBytes }, sizeBytes);
  let offset = 0;
  for (const piece of pieces) {
    rising.write(offset, piece);
    offset += piece.length;
  }
  return rising.whole();
}

/** Smaller frames are not worth to be kept: they get memory of their own. */
const SMALL_BYTES = 64 * 1024;
/** What a frame begins with, whatever size it declares: who declares much and sends little costs little. */
const FIRST_BYTES = 4 * 1024 * 1024;
