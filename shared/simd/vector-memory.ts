// Shared memory that kernels compute in: vectors that are to be fast lie in it from the beginning.
import { compileKernels } from "./compile-kernels.ts";
import type { Kernel } from "./formula.ts";
import { type KernelSetup, MOST_VECTORS, STAGED } from "./kernels.ts";
import { type WasmMemory, type WasmModule, isMissing, webAssembly } from "./web-assembly.ts";

const PAGE_BYTES = 65_536;
/** 4 GiB, all that a 32-bit address reaches. Only addresses are reserved: the system gives memory as it is written to. */
const MOST_PAGES = 65_536;
/** A line of the cache: vectors of two threads do not share one. */
const ALIGNMENT = 64;

/** What is given out stays given out, as the memory cannot shrink: for vectors that live as long as their owner. */
export class VectorMemory {
  readonly #memory: WasmMemory;
  /** Of each set of kernels, compiled once. */
  readonly #modules = new WeakMap<object, WasmModule>();
  /** Each of the objects by which vectors look at the memory: it has a new one after it has grown. */
  readonly #buffers = new WeakSet<ArrayBufferLike>();
  #used = 0;

  private constructor(memory: WasmMemory) {
    this.#memory = memory;
  }

  /** Null where this Node, or the system, has no such memory: 4 GiB of addresses may be more than a process is allowed. */
  static open(): VectorMemory | null {
    const wasm = webAssembly();
    if (!wasm) return null;
    try {
      return new VectorMemory(new wasm.Memory({ initial: 0, maximum: MOST_PAGES, shared: true }));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Zeros; in memory of its own, where kernels are slower, when this one is full. */
  floats(length: number): Float32Array {
    const sizeBytes = length * Float32Array.BYTES_PER_ELEMENT;
    const at = this.#used;
    if (!this.#reaches(at + sizeBytes)) return new Float32Array(new SharedArrayBuffer(sizeBytes));
    this.#used = Math.ceil((at + sizeBytes) / ALIGNMENT) * ALIGNMENT;
    const { buffer } = this.#memory;
    this.#buffers.add(buffer); // another memory of this thread may have grown: then this one has a new object too
    return new Float32Array(buffer, at, length);
  }

  /** The byte address of a vector's first element; null where it lies elsewhere. */
  addressOf({ buffer, byteOffset }: Float32Array): number | null {
    return this.#buffers.has(buffer) ? byteOffset : null;
  }

  /** What another thread, or this one, opens kernels with; null when the memory is full, or the processor has not the instructions. */
  setup(kernels: Readonly<Record<string, Kernel>>): KernelSetup | null {
    const module = this.#moduleOf(kernels);
    const staging = module && this.addressOf(this.floats(MOST_VECTORS * STAGED));
    return staging === null ? null : { memory: this.#memory, module: module!, staging };
  }

  #moduleOf(kernels: Readonly<Record<string, Kernel>>): WasmModule | null {
    const known = this.#modules.get(kernels);
    if (known) return known;
    try {
      const module = new (webAssembly()!.Module)(compileKernels(kernels, MOST_PAGES));
      this.#modules.set(kernels, module);
      return module;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  #reaches(endBytes: number): boolean {
    const { buffer } = this.#memory;
    const missing = Math.ceil((endBytes - buffer.byteLength) / PAGE_BYTES);
    if (missing <= 0) return true;
    try {
      this.#memory.grow(missing);
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    return true;
  }
}
