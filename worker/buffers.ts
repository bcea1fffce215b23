// Buffers in shared memory, kept and handed out again: a steady run allocates nothing model-sized.
import { type Kernel, element, plus } from "../shared/simd/formula.ts";
import { Kernels } from "../shared/simd/kernels.ts";
import { VectorMemory } from "../shared/simd/vector-memory.ts";

const KERNELS: Readonly<Record<string, Kernel>> = {
  add: { vectors: ["into", "from"], numbers: [], writes: { into: plus(element("into"), element("from")) } },
};

/** What adds, and the memory that it is fast in. */
interface Adding {
  readonly memory: VectorMemory;
  readonly kernels: Kernels;
}

/** Float32Arrays over shared memory, by length. Whoever acquires one owns it until it is released. */
export class SharedBuffers {
  readonly #free = new Map<number, Float32Array[]>();
  readonly #memory: VectorMemory | undefined;
  /** Opened with the first buffer; null where this Node has no such memory. */
  #adding: Adding | null | undefined;

  /** `memory`: one that others compute in too, and that lives as long as they do; its own by default. */
  constructor(memory?: VectorMemory) {
    this.#memory = memory;
  }

  /** Its contents are whatever the last owner left. */
  acquire(length: number): Float32Array {
    if (this.#adding === undefined) this.#adding = open(this.#memory ?? VectorMemory.open());
    return (
      this.#free.get(length)?.pop() ??
      this.#adding?.memory.floats(length) ??
      new Float32Array(new SharedArrayBuffer(length * 4))
    );
  }

  release(buffer: Float32Array): void {
    const free = this.#free.get(buffer.length);
    if (free) free.push(buffer);
    else this.#free.set(buffer.length, [buffer]);
  }

  /** into = into + from, float32; both are buffers of one length. */
  add(into: Float32Array, from: Float32Array): void {
    if (!this.#adding) {
      for (let i = 0; i < into.length; i++) into[i] += from[i];
      return;
    }
    const { memory, kernels } = this.#adding;
    const vectors = [into, from];
    const addresses = vectors.map((vector) => memory.addressOf(vector));
    kernels.run({ kernel: "add", vectors, addresses, numbers: [] }, 0, into.length);
  }
}

function open(memory: VectorMemory | null): Adding | null {
  const setup = memory?.setup(KERNELS);
  return memory && setup ? { memory, kernels: new Kernels(KERNELS, setup) } : null;
}
