// What a kernel's lowering is given and returns.
import type { ValueSpec } from "../../../../shared/program/program.ts";
import type { Attributes } from "../../../../shared/program/shapes.ts";
import type { GraphBuilder } from "../graph-builder.ts";

/** An operand: what tfjs says it is (NHWC, row-major), and its ONNX name. */
export interface Operand extends ValueSpec {
  readonly name: string;
}

export interface KernelCall<Input extends Operand = Operand> {
  readonly inputs: Readonly<Record<string, Input>>;
  readonly attributes: Attributes;
  /** The first output; most kernels have no other. */
  readonly output: ValueSpec;
}

/** Adds nodes that compute the kernel; returns the name of the result. */
export type Lowering = (builder: GraphBuilder, call: KernelCall) => string;
/** The same for a kernel of several outputs. */
export type ManyLowering = (builder: GraphBuilder, call: KernelCall) => readonly string[];
export type Lowerings = Readonly<Record<string, Lowering | ManyLowering>>;

/** An image that can also be had as [H, W, B, C]: the name of that. Only for four dimensions. */
export interface ImageOperand extends Operand {
  readonly hwbc: string;
}

/** A result that is held as [H, W, B, C]; whoever wants it as NHWC gets a transpose. */
export interface Hwbc {
  readonly hwbc: string;
}

/** A lowering that may take images in HWBC order, and may leave its result so. */
export type ImageLowering = (builder: GraphBuilder, call: KernelCall<ImageOperand>) => string | Hwbc;
