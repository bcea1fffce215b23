// The one interface behind which programs are executed.
import type { Program } from "../../shared/program/program.ts";

/** Where a prepared program reads and writes: one array for each port, owned by the caller, fixed for its life. */
export interface Buffers {
  readonly inputs: Readonly<Record<string, Float32Array | Int32Array>>;
  readonly outputs: Readonly<Record<string, Float32Array>>;
  /** Inputs that stay as they are over many runs, such as weights: an engine may keep them on its device. */
  readonly steady?: readonly string[];
}

/** A program bound to its buffers. */
export interface Executable {
  /** Computes the outputs from the inputs as they are now. One run at a time. */
  run(): Promise<void>;
  /** The steady inputs have changed. Absent where all inputs are read at every run. */
  refresh?(): void;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  readonly device: string;
  /** What decides the bits of a result besides the program: library version, instruction set. */
  readonly numerics: string;
  /** @throws GanglionError UNSUPPORTED_KERNEL, or ENGINE when the native part refuses the program */
  prepare(program: Program, buffers: Buffers): Promise<Executable>;
}
