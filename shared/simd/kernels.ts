// Kernels as a thread calls them, on vectors wherever they lie.
import { copyBytes } from "../copy-bytes.ts";
import type { Formula, Kernel } from "./formula.ts";
import { type WasmMemory, type WasmModule, webAssembly } from "./web-assembly.ts";

/** Elements of a vector that are copied into the kernels' memory at once. */
export const STAGED = 16_384;
/** Vectors of a kernel, at most. */
export const MOST_VECTORS = 8;

/** What kernels are opened with, in any thread; each set of them needs a setup of its own. */
export interface KernelSetup {
  readonly memory: WasmMemory;
  readonly module: WasmModule;
  /** Byte address of room for MOST_VECTORS vectors of STAGED elements, used by nobody else. */
  readonly staging: number;
}

export interface KernelCall {
  readonly kernel: string;
  /** In the kernel's order, of one length. */
  readonly vectors: readonly Float32Array[];
  /** Of their first elements in the kernels' memory; null where a vector lies elsewhere. */
  readonly addresses: readonly (number | null)[];
  /** In the kernel's order. */
  readonly numbers: readonly number[];
}

/** How a vector is used, and where it is copied to if it lies elsewhere. */
interface Use {
  readonly reads: boolean;
  readonly writes: boolean;
  readonly address: number;
  /** [STAGED] */
  readonly copy: Float32Array;
}

interface Opened {
  readonly run: (...numbers: number[]) => number | undefined;
  readonly uses: readonly Use[];
}

export class Kernels {
  readonly #opened: ReadonlyMap<string, Opened>;

  /** `kernels` are those of the setup's memory. */
  constructor(kernels: Readonly<Record<string, Kernel>>, { memory, module, staging }: KernelSetup) {
    const { exports } = new (webAssembly()!.Instance)(module, { kernels: { memory } });
    const copies = Array.from({ length: MOST_VECTORS }, (_, i) => {
      const address = staging + i * STAGED * Float32Array.BYTES_PER_ELEMENT;
      return { address, copy: new Float32Array(memory.buffer, address, STAGED) };
    });
    const opened = Object.entries(kernels).map(([name, kernel]): [string, Opened] => {
      const read = vectorsReadBy(kernel);
      const uses = kernel.vectors.map((vector, i) => ({
        ...copies[i],
        reads: read.has(vector),
        writes: vector in kernel.writes,
      }));
      return [name, { run: exports[name], uses }];
    });
    this.#opened = new Map(opened);
  }

  /**
   * Runs a kernel over the elements `start` … `end - 1`, and returns its sum, or 0. Vectors that lie elsewhere are copied
   * in and out, in pieces: a sum over more than STAGED elements of them is that of the pieces' sums.
   */
  run(call: KernelCall, start: number, end: number): number {
    const piece = call.addresses.includes(null) ? STAGED : end - start;
    let sum = 0;
    for (let from = start; from < end; from += piece)
      sum += this.#run(call, from, Math.min(from + piece, end));
    return sum;
  }

  #run({ kernel, vectors, addresses, numbers }: KernelCall, start: number, end: number): number {
    const { run, uses } = this.#opened.get(kernel)!;
    const places = addresses.map((address, i) => {
      if (address !== null) return address + start * Float32Array.BYTES_PER_ELEMENT;
      if (uses[i].reads) copyBytes(uses[i].copy, vectors[i].subarray(start, end));
      return uses[i].address;
    });
    const sum = run(end - start, ...places, ...numbers);
    for (const [i, { writes, copy }] of uses.entries())
      if (addresses[i] === null && writes)
        copyBytes(vectors[i].subarray(start, end), copy.subarray(0, end - start));
    return sum ?? 0;
  }
}

function vectorsReadBy({ writes, sum }: Kernel): ReadonlySet<string> {
  const read = new Set<string>();
  const visit = (formula: Formula): void => {
    switch (formula.kind) {
      case "element":
        read.add(formula.vector);
        return;
      case "number":
        return;
      case "root":
        return visit(formula.of);
      case "sum":
      case "difference":
      case "product":
      case "quotient":
      case "least":
      case "greatest":
        visit(formula.left);
        return visit(formula.right);
      default:
        formula satisfies never;
    }
  };
  for (const formula of [...Object.values(writes), ...(sum ? [sum] : [])]) visit(formula);
  return read;
}
