// Buffers in shared memory, kept and handed out again: a steady run allocates nothing model-sized.

/** Float32Arrays over SharedArrayBuffers, by length. Whoever acquires one owns it until it is released. */
export class SharedBuffers {
  readonly #free = new Map<number, Float32Array[]>();

  /** Its contents are whatever the last owner left. */
  acquire(length: number): Float32Array {
    return this.#free.get(length)?.pop() ?? new Float32Array(new SharedArrayBuffer(length * 4));
  }

  release(buffer: Float32Array): void {
    const free = this.#free.get(buffer.length);
    if (free) free.push(buffer);
    else this.#free.set(buffer.length, [buffer]);
  }
}
