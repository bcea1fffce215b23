// What a kernel's lowering is given and returns.
import type { ValueSpec } from "../../../../shared/program/program.ts";
import type { Attributes } from "../../../../shared/program/shapes.ts";
import type { GraphBuilder } from "../graph-builder.ts";

/** An operand: its ONNX name, and what tfjs says it is (NHWC, row-major). */
export interface Operand extends ValueSpec {
  readonly name: string;
}

export interface KernelCall {
  readonly inputs: Readonly<Record<string, Operand>>;
  readonly attributes: Attributes;
  /** The first output; most kernels have no other. */
  readonly output: ValueSpec;
}

/** Adds nodes that compute the kernel; returns the name of the result. */
export type Lowering = (builder: GraphBuilder, call: KernelCall) => string;
/** The same for a kernel of several outputs. */
export type ManyLowering = (builder: GraphBuilder, call: KernelCall) => readonly string[];
export type Lowerings = Readonly<Record<string, Lowering | ManyLowering>>;
