// Memory for frames that arrive in parts: shared between threads, and reused once their readers have released it.
//
// One vector per node and round is hundreds of megabytes a second. As garbage it makes V8 collect every few of them, which
// took longer than receiving them; and the system fills new memory with zeros first, page by page.
import { letGoOfShared } from "./collect-garbage.ts";

/** Upper limit on the free memory that is kept for later; one buffer, of any size, always is. */
const KEPT_BYTES = 256 * 1024 * 1024;

/** A buffer's memory grows with what is written to it, in steps of this size. */
const STEP_BYTES = 256 * 1024;

/** ES2024, which TypeScript does not know yet under our target. */
interface GrowingMemory extends SharedArrayBuffer {
  readonly maxByteLength: number;
  grow(sizeBytes: number): void;
}
const GrowingMemory = SharedArrayBuffer as unknown as new (
  sizeBytes: number,
  options: { readonly maxByteLength: number },
) => GrowingMemory;

/** Memory of one frame. It grows in place as the frame is written: a declared size costs nothing but addresses. */
export class FrameBuffer {
  readonly #memory: GrowingMemory;
  #bytes: Buffer;

  /** Empty at first; holds at most `capacityBytes`. */
  constructor(capacityBytes: number) {
    this.#memory = new GrowingMemory(0, { maxByteLength: capacityBytes });
    this.#bytes = Buffer.from(this.#memory, 0, 0);
  }

  get capacityBytes(): number {
    return this.#memory.maxByteLength;
  }

  /** How much of the system's memory it holds. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** The first `sizeBytes` bytes, to be read and written; at most the capacity. */
  upTo(sizeBytes: number): Buffer {
    if (sizeBytes > this.#bytes.length) {
      const stepped = Math.ceil(sizeBytes / STEP_BYTES) * STEP_BYTES;
      this.#memory.grow(Math.min(stepped, this.capacityBytes));
      this.#bytes = Buffer.from(this.#memory, 0, this.#memory.byteLength);
    }
    return this.#bytes.subarray(0, sizeBytes);
  }
}

export class FramePool {
  #free: FrameBuffer[] = [];
  #freeBytes = 0;

  /** How much of the system's memory is kept for later. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer with room for `wantedBytes`: a used one where one fits, with its old contents, else a new one. */
  take(wantedBytes: number): FrameBuffer {
    const fitting = this.#free.filter(
      ({ capacityBytes }) => capacityBytes >= wantedBytes && capacityBytes <= 2 * wantedBytes,
    );
    if (fitting.length === 0) return new FrameBuffer(wantedBytes);
    const smallest = fitting.reduce((best, each) => (each.capacityBytes < best.capacityBytes ? each : best));
    this.#free.splice(this.#free.indexOf(smallest), 1);
    this.#freeBytes -= smallest.heldBytes;
    return smallest;
  }

  /** Takes back a buffer that nobody reads or writes any more, for the next frame of its size. */
  give(buffer: FrameBuffer): void {
    if (this.#free.length > 0 && this.#freeBytes + buffer.heldBytes > KEPT_BYTES) return this.drop(buffer);
    this.#free.push(buffer);
    this.#freeBytes += buffer.heldBytes;
  }

  /** Frees a buffer that nobody reads or writes any more: no frame of its size is expected. */
  drop({ heldBytes }: FrameBuffer): void {
    letGoOfShared(heldBytes);
  }

  /** Keeps at most `count` free buffers: after peers have left, fewer frames will come. */
  trim(count: number): void {
    const tooMany = this.#free.slice(count);
    this.#free = this.#free.slice(0, count);
    for (const buffer of tooMany) {
      this.#freeBytes -= buffer.heldBytes;
      this.drop(buffer);
    }
  }
}
