// Sums over all places and samples of an image, channel by channel.
import type { GraphBuilder } from "../../graph-builder.ts";

/**
 * Σ over all axes but the last, [C]: products with a row of ones, which pass over the memory once. First over the places (or
 * whatever the first two axes are), then over the rest: sums of thousands of numbers lose digits, these do not.
 */
export function channelSum(builder: GraphBuilder, image: string, shape: readonly number[]): string {
  const channels = shape.at(-1)!;
  if (builder.tuning.convolution === "native") {
    const axes = shape.slice(0, -1).map((_, axis) => axis); // of its own kernels a GPU has one for that
    return builder.node("ReduceSum", [image, builder.ints(axes)], { keepdims: 0 });
  }
  const first = shape.slice(0, Math.max(1, shape.length - 2)).reduce((product, size) => product * size, 1);
  const rest = shape.slice(Math.max(1, shape.length - 2), -1).reduce((product, size) => product * size, 1);
  const once = timesOnes(builder, builder.reshape(image, [first, rest * channels]), first);
  const sum = rest === 1 ? once : timesOnes(builder, builder.reshape(once, [rest, channels]), rest);
  return builder.reshape(sum, [channels]);
}

/** [rows, columns] -> [1, columns] */
function timesOnes(builder: GraphBuilder, matrix: string, rows: number): string {
  if (rows === 1) return matrix;
  const ones = new Float32Array(rows).fill(1);
  return builder.node("MatMul", [builder.tensor("float32", [1, rows], new Uint8Array(ones.buffer)), matrix]);
}
