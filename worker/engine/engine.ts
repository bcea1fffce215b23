// The one interface behind which programs are executed.
import type { Program } from "../../shared/program/program.ts";

/** Where a prepared program reads and writes: one array for each port, owned by the caller, fixed for its life. */
export interface Buffers {
  readonly inputs: Readonly<Record<string, Float32Array | Int32Array>>;
  readonly outputs: Readonly<Record<string, Float32Array>>;
  /**
   * Inputs that stay as they are over many runs, such as weights, in groups that change together, such as a network's: an
   * engine may keep them on its device, and what follows from them alone.
   */
  readonly steady?: readonly (readonly string[])[];
  /** It runs now and then only: what it computes with is given back after each run, and each run takes longer. */
  readonly isOccasional?: boolean;
}

/** A program bound to its buffers. */
export interface Executable {
  /** Computes the outputs from the inputs as they are now. One run at a time. */
  run(): Promise<void>;
  /**
   * These steady inputs have changed; without names, all of them may have. Absent where all inputs are read at every
   * run.
   */
  refresh?(changed?: ReadonlySet<string>): void;
  dispose(): Promise<void>;
}

/** A model that the user brings as ONNX. */
export interface OpenModel {
  /** The file. */
  readonly bytes: Uint8Array;
  /** For messages. */
  readonly name: string;
  /** By default its first. */
  readonly input?: string;
  /** By default its first. */
  readonly outputs?: readonly string[];
}

export interface EngineModel {
  /** The names that are used. */
  readonly input: string;
  readonly outputs: readonly string[];
  /** The named outputs, of images of this shape. One run at a time. */
  run(images: Float32Array, shape: readonly number[]): Promise<readonly Float32Array[]>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  readonly device: string;
  /** What decides the bits of a result besides the program: library version, instruction set. */
  readonly numerics: string;
  /** @throws GanglionError UNSUPPORTED_KERNEL, or ENGINE when the native part refuses the program */
  prepare(program: Program, buffers: Buffers): Promise<Executable>;
  /** Absent in engines that run programs only. @throws GanglionError USAGE where the model cannot be used */
  openModel?(model: OpenModel): Promise<EngineModel>;
}
