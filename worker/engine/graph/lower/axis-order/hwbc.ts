// Images as [H, W, B, C] between convolutions: whole rows and columns of them are then rows of a matrix.
import type { ValueSpec } from "../../../../../shared/program/program.ts";
import type { GraphBuilder } from "../../graph-builder.ts";
import type { Matrix } from "../convolution/tiled/toom-cook.ts";
import type { ImageOperand, Hwbc } from "../lowering.ts";

/** From tfjs's NHWC, and back. */
export const TO_HWBC: readonly number[] = [1, 2, 0, 3];
export const FROM_HWBC: readonly number[] = [2, 0, 1, 3];

/** An operand in whichever order of axes it is asked for; transposes are added on demand, once. */
export function operandOf(builder: GraphBuilder, spec: ValueSpec, held: string | Hwbc): ImageOperand {
  const { shape, dtype } = spec;
  const isMoved = shape.length === 4 && !isSameMemory(shape);
  return {
    shape,
    dtype,
    get name() {
      if (typeof held === "string") return held;
      return isMoved ? builder.transpose(held.hwbc, FROM_HWBC) : builder.reshape(held.hwbc, shape);
    },
    get hwbc() {
      if (typeof held !== "string") return held.hwbc;
      if (isMoved) return builder.transpose(held, TO_HWBC);
      const moved = movedShape(shape);
      return moved.every((size, i) => size === shape[i]) ? held : builder.reshape(held, moved);
    },
  };
}

/** The shape [B, H, W, C] as [H, W, B, C]. */
export function movedShape(shape: readonly number[]): number[] {
  return TO_HWBC.map((axis) => shape[axis]);
}

/** An operand as it is held in HWBC order, seen as a plain one: for kernels that work in any order. */
export function asHwbc(operand: ImageOperand): ImageOperand {
  if (operand.shape.length !== 4) return operand;
  const { dtype, shape, hwbc } = operand;
  return { dtype, shape: movedShape(shape), name: hwbc, hwbc };
}

/** Axes of NHWC as axes of HWBC. */
export function movedAxes(axes: readonly number[]): number[] {
  return axes.map((axis) => TO_HWBC.indexOf(axis)).sort((a, b) => a - b);
}

/** Moving the batch past the image moves nothing when one of the two is a single element. */
function isSameMemory([batch, height, width]: readonly number[]): boolean {
  return batch === 1 || (height === 1 && width === 1);
}

/** Applies a matrix to each of the two first axes: [H, W, N] -> [P, Q, N], for [P, H] and [Q, W]. */
export function transformAxes(
  builder: GraphBuilder,
  image: string,
  rest: number,
  rows: Matrix,
  columns: Matrix,
): string {
  const onRows = transformAxis(builder, image, columns[0].length * rest, rows);
  return transformAxis(builder, onRows, rest, columns, [rows.length]);
}

/** Applies a matrix [P, H] to the axis behind `lead`: [.., H, N] -> [.., P, N]. */
export function transformAxis(
  builder: GraphBuilder,
  image: string,
  rest: number,
  by: Matrix,
  lead: readonly number[] = [],
): string {
  const shaped = builder.reshape(image, [...lead, by[0].length, rest]);
  return isIdentity(by) ? shaped : builder.node("MatMul", [matrixConstant(builder, by), shaped]);
}

function matrixConstant(builder: GraphBuilder, matrix: Matrix): string {
  return builder.once(matrix, () => {
    const [height, width] = [matrix.length, matrix[0].length];
    const data = new Float32Array(height * width);
    matrix.forEach((row, i) => data.set(row, i * width));
    return builder.tensor("float32", [height, width], new Uint8Array(data.buffer));
  });
}

function isIdentity(matrix: Matrix): boolean {
  return (
    matrix.length === matrix[0].length &&
    matrix.every((row, i) => row.every((value, j) => value === (i === j ? 1 : 0)))
  );
}
