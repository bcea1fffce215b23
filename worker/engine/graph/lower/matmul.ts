// Matrix products.
import type { GraphBuilder } from "../graph-builder.ts";
import type { KernelCall, Lowerings, Operand } from "./lowering.ts";

export const matmul: Lowerings = { BatchMatMul: batchMatMul };

/** One matrix pair becomes a Gemm (its transposes are free); real batches a MatMul. */
function batchMatMul(builder: GraphBuilder, { inputs, attributes, output }: KernelCall): string {
  const { a, b } = inputs as Record<"a" | "b", Operand>;
  const { transposeA, transposeB } = attributes;
  if (batchOf(a) === 1 && batchOf(b) === 1) {
    const product = builder.node("Gemm", [matrix(builder, a), matrix(builder, b)], {
      transA: transposeA ? 1 : 0,
      transB: transposeB ? 1 : 0,
    });
    return output.shape.length === 2 ? product : builder.reshape(product, output.shape);
  }
  const left = transposeA ? swapLast(builder, a) : a.name;
  const right = transposeB ? swapLast(builder, b) : b.name;
  return builder.node("MatMul", [left, right]);
}

function batchOf({ shape }: Operand): number {
  return shape.slice(0, -2).reduce((product, size) => product * size, 1);
}

function matrix(builder: GraphBuilder, { name, shape }: Operand): string {
  return shape.length === 2 ? name : builder.reshape(name, shape.slice(-2));
}

function swapLast(builder: GraphBuilder, { name, shape }: Operand): string {
  const axes = shape.map((_, axis) => axis);
  return builder.transpose(name, [...axes.slice(0, -2), shape.length - 1, shape.length - 2]);
}
