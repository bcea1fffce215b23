// Kernels that work in any order of axes: what they are given as HWBC, they return as HWBC.
import { util } from "../../../../../shared/program/tfjs-core.ts";
import type { KernelCall, ImageOperand } from "../lowering.ts";
import { asHwbc, movedAxes, movedShape } from "./hwbc.ts";

/** A call rewritten for operands as they are held, and whether its result is held so too. */
export interface MovedCall {
  readonly call: KernelCall<ImageOperand>;
  readonly isResultMoved: boolean;
}

/**
 * The call on HWBC operands, or null where the kernel needs tfjs's order. Element by element the channels are
 * last in both orders, so that operands of no or one dimension broadcast alike.
 */
export function elementwiseMoved(call: KernelCall<ImageOperand>): MovedCall | null {
  const { inputs, output } = call;
  const fits = ({ shape }: ImageOperand): boolean => shape.length === 4 || shape.length <= 1;
  if (output.shape.length !== 4 || !Object.values(inputs).every(fits)) return null;
  const moved = Object.entries(inputs).map(([name, operand]) => [name, asHwbc(operand)] as const);
  return {
    call: {
      ...call,
      inputs: Object.fromEntries(moved),
      output: { ...output, shape: movedShape(output.shape) },
    },
    isResultMoved: true,
  };
}

/** A reduction over the same axes where they lie now, if what is left stays in order. */
export function reductionMoved(call: KernelCall<ImageOperand>): MovedCall | null {
  const { x } = call.inputs;
  if (x.shape.length !== 4) return null;
  const { axis, reductionIndices, keepDims } = call.attributes;
  const axes = util.parseAxisParam((axis ?? reductionIndices) as number | number[], [...x.shape]);
  // Of the two orders, B H W C and H W B C, what is left must come in the same.
  const keepsOrder = axes.includes(0) || (axes.includes(1) && axes.includes(2));
  if (!keepDims && !keepsOrder) return null;
  return {
    call: {
      inputs: { x: asHwbc(x) },
      attributes: { ...call.attributes, axis: movedAxes(axes) },
      output: keepDims ? { ...call.output, shape: movedShape(call.output.shape) } : call.output,
    },
    isResultMoved: keepDims === true,
  };
}
