// Keeps the process from ending while a thread is inside the engine: native code whose thread is terminated aborts it.

const CLOSED = 0;
const INSIDE = 1;

/** Longest wait for threads to come out, in milliseconds. */
const PATIENCE_MS = 30_000;

/** Shared by a pool and its threads; nobody enters once it is closed. */
export class Gate {
  readonly #cells: Int32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.#cells = new Int32Array(memory);
  }

  /** Runs `body` unless the gate is closed; false then. */
  async pass(body: () => Promise<void>): Promise<boolean> {
    Atomics.add(this.#cells, INSIDE, 1);
    try {
      if (Atomics.load(this.#cells, CLOSED) === 1) return false;
      await body();
      return true;
    } finally {
      Atomics.sub(this.#cells, INSIDE, 1);
      Atomics.notify(this.#cells, INSIDE);
    }
  }

  /** Blocks until every thread is out; for the end of the process, when no event loop turns any more. */
  closeAndWait(): void {
    Atomics.store(this.#cells, CLOSED, 1);
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const inside = Atomics.load(this.#cells, INSIDE);
      const left = end - performance.now();
      if (inside === 0 || left <= 0) return;
      Atomics.wait(this.#cells, INSIDE, inside, left);
    }
  }
}
