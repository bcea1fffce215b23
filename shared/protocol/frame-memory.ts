// Memory for frames that arrive in parts: shared between threads, and used again when their readers have let go of it.
//
// A vector a round from every node is hundreds of megabytes a second. As garbage it makes V8 collect every few of them,
// which took more time than receiving them; and what the system gives anew it first fills with zeros, page by page.

/** What is kept for later, of frames that nobody reads any more; one of any size always is. */
const KEPT_BYTES = 256 * 1024 * 1024;

export class FrameMemory {
  readonly #free: Buffer[] = [];
  #freeBytes = 0;

  /** A buffer of at least `wantedBytes` where one is free, else a new one of `leastBytes`; with anything in it. */
  take(leastBytes: number, wantedBytes: number): Buffer {
    const fitting = this.#free.filter(({ length }) => length >= wantedBytes && length <= 2 * wantedBytes);
    if (fitting.length === 0) return Buffer.from(new SharedArrayBuffer(leastBytes));
    const smallest = fitting.reduce((best, each) => (each.length < best.length ? each : best));
    this.#free.splice(this.#free.indexOf(smallest), 1);
    this.#freeBytes -= smallest.length;
    return smallest;
  }

  /** Nobody reads or writes it any more. */
  give(buffer: Buffer): void {
    if (this.#free.length > 0 && this.#freeBytes + buffer.length > KEPT_BYTES) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
  }
}
