// What is used of WebAssembly: the compiler's library describes it only together with browsers.

export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  /** By pages of 64 KiB; what looks at the memory as it was stays valid. RangeError where the limit or the system says no. */
  grow(pages: number): number;
}

/** A compiled module; threads share it. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: "WebAssembly.Module";
}

export interface Wasm {
  readonly Memory: new (descriptor: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly kernels: { readonly memory: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, (...numbers: number[]) => number>> };
}

/** Null where Node was started without it (`--jitless`). */
export function webAssembly(): Wasm | null {
  return (globalThis as { readonly WebAssembly?: Wasm }).WebAssembly ?? null;
}

/** Whether an error says that this system has no memory of that kind, or this processor no such instructions. */
export function isMissing(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.name === "CompileError");
}
