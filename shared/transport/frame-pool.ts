// Memory for frames that arrive in parts: shared between threads, and used again when their readers have let go of it.
//
// A vector a round from every node is hundreds of megabytes a second. As garbage it makes V8 collect every few of them,
// which took more time than receiving them; and what the system gives anew it first fills with zeros, page by page.
import { letGoOfShared } from "./collect-garbage.ts";

/** What is kept for later, of frames that nobody reads any more; one of any size always is. */
const KEPT_BYTES = 256 * 1024 * 1024;

/** A room has memory for what was written to it, in steps of this. */
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

/** Where a frame comes to lie. Its memory grows in place, with what is written: what is only announced costs addresses. */
export class FrameRoom {
  readonly #memory: GrowingMemory;
  #bytes: Buffer;

  /** Empty, for at most so many bytes. */
  constructor(capacityBytes: number) {
    this.#memory = new GrowingMemory(0, { maxByteLength: capacityBytes });
    this.#bytes = Buffer.from(this.#memory, 0, 0);
  }

  get capacityBytes(): number {
    return this.#memory.maxByteLength;
  }

  /** What it holds of the system's memory. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** The first so many bytes, to be read and written; there must be capacity for them. */
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
  #free: FrameRoom[] = [];
  #freeBytes = 0;

  /** Bytes of the system's memory that are kept for later. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A room for a frame of so many bytes: a used one where one fits, with anything in it, else a new one. */
  take(wantedBytes: number): FrameRoom {
    const fitting = this.#free.filter(
      ({ capacityBytes }) => capacityBytes >= wantedBytes && capacityBytes <= 2 * wantedBytes,
    );
    if (fitting.length === 0) return new FrameRoom(wantedBytes);
    const smallest = fitting.reduce((best, each) => (each.capacityBytes < best.capacityBytes ? each : best));
    this.#free.splice(this.#free.indexOf(smallest), 1);
    this.#freeBytes -= smallest.heldBytes;
    return smallest;
  }

  /** Nobody reads or writes it any more, and another frame like it will come. */
  give(room: FrameRoom): void {
    if (this.#free.length > 0 && this.#freeBytes + room.heldBytes > KEPT_BYTES) return this.drop(room);
    this.#free.push(room);
    this.#freeBytes += room.heldBytes;
  }

  /** Nobody reads or writes it any more, and nothing like it is awaited. */
  drop({ heldBytes }: FrameRoom): void {
    letGoOfShared(heldBytes);
  }

  /** Keeps at most so many rooms for later: peers have left, and their frames will not come. */
  trim(rooms: number): void {
    const tooMany = this.#free.slice(rooms);
    this.#free = this.#free.slice(0, rooms);
    for (const room of tooMany) {
      this.#freeBytes -= room.heldBytes;
      this.drop(room);
    }
  }
}
