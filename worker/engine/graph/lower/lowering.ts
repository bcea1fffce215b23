// What a kernel's lowering is given and returns.
import type { ValueSpec } from "../../../../shared/program/program.ts";
import type { Attributes } from "../../../../shared/program/shapes.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import type { SpatialFirst } from "./spatial-first.ts";

/** An operand: what tfjs says it is (NHWC, row-major), and its ONNX name. */
export interface Operand extends ValueSpec {
  readonly name: string;
  /** The name of the same image as [H, W, B, C]; only for four dimensions. */
  readonly spatialFirst: string;
}

export interface KernelCall {
  readonly inputs: Readonly<Record<string, Operand>>;
  readonly attributes: Attributes;
  readonly output: ValueSpec;
}

/** Adds nodes that compute the kernel; returns the name of the result. */
export type Lowering = (builder: GraphBuilder, call: KernelCall) => string;
export type Lowerings = Readonly<Record<string, Lowering>>;

/** A lowering that may leave its result spatial-first. */
export type ImageLowering = (builder: GraphBuilder, call: KernelCall) => string | SpatialFirst;
