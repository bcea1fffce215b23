// Cases for kernels that move elements, multiply matrices, convolve and pool.
import * as tf from "@tensorflow/tfjs-core";
import type { OracleCase } from "../oracle.ts";

type Pad = "same" | "valid" | number;
type Image = tf.Tensor4D;

const dims = (shape: readonly number[]): string => `[${shape.join(",")}]`;

const convolution = (
  image: number[],
  filter: number[],
  strides: number | [number, number],
  pad: Pad,
): OracleCase => ({
  name: `conv2d ${dims(image)} with ${dims(filter)}, stride ${String(strides)}, ${pad}`,
  inputs: [image, filter],
  f: (x, w) => tf.conv2d(x as Image, w as Image, strides, pad),
});

/** `image` is what goes in, `output` what comes out of a transposed convolution. */
const transposed = (
  image: number[],
  filter: number[],
  output: number[],
  strides: number,
  pad: Pad,
): OracleCase => ({
  name: `conv2dTranspose ${dims(image)} to ${dims(output)} with ${dims(filter)}, stride ${strides}, ${pad}`,
  inputs: [image, filter],
  f: (x, w) =>
    tf.conv2dTranspose(x as Image, w as Image, output as [number, number, number, number], strides, pad),
});

const maxPool = (image: number[], size: number, strides: number, pad: Pad, values?: "ties"): OracleCase => ({
  name: `maxPool ${dims(image)}, window ${size}, stride ${strides}, ${pad}${values ? ", with ties" : ""}`,
  inputs: [image],
  f: (x) => tf.maxPool(x as Image, size, strides, pad),
  ...(values && { values }),
});

const matMul = (a: number[], b: number[], transposeA: boolean, transposeB: boolean): OracleCase => ({
  name: `matMul ${dims(a)}${transposeA ? "ᵀ" : ""} · ${dims(b)}${transposeB ? "ᵀ" : ""}`,
  inputs: [a, b],
  f: (x, y) => tf.matMul(x, y, transposeA, transposeB),
});

export const STRUCTURE: readonly OracleCase[] = [
  { name: "reshape", inputs: [[2, 3, 4]], f: (x) => tf.reshape(x, [4, -1]) },
  { name: "expandDims and squeeze", inputs: [[2, 1, 4]], f: (x) => tf.expandDims(tf.squeeze(x, [1]), -1) },
  { name: "transpose", inputs: [[2, 3, 4]], f: (x) => tf.transpose(x, [2, 0, 1]) },
  { name: "tile", inputs: [[2, 3]], f: (x) => tf.tile(x, [2, 3]) },
  { name: "broadcastTo", inputs: [[3, 1]], f: (x) => tf.broadcastTo(x, [2, 3, 4]), gradient: false }, // of Tile, rank 2 to 3
  { name: "slice to the end", inputs: [[4, 5]], f: (x) => tf.slice(x, [1, 2], [-1, 2]) },
  { name: "pad", inputs: [[2, 3]], f: (x) => tf.pad(x, [[1, 2], [0, 1]], 0.5) },
  { name: "concat", inputs: [[2, 3], [2, 1], [2, 2]], f: (...xs) => tf.concat(xs, 1) },
  { name: "concat on the first axis", inputs: [[2, 3], [1, 3]], f: (...xs) => tf.concat(xs, 0) },
  { name: "reverse", inputs: [[3, 4]], f: (x) => tf.reverse(x, [1]) },
  { name: "a constant of many equal elements", inputs: [[3, 4]], f: (x) => tf.mul(x, tf.fill([3, 4], 2.5)) },
  { name: "zerosLike and onesLike", inputs: [[3, 4]], f: (x) => tf.add(tf.mul(x, tf.zerosLike(x)), tf.onesLike(x)) },

  matMul([3, 4], [4, 5], false, false),
  matMul([4, 3], [4, 5], true, false),
  matMul([3, 4], [5, 4], false, true),
  matMul([4, 3], [5, 4], true, true),
  matMul([1, 7], [7, 1], false, false),
  matMul([2, 3, 4], [2, 4, 5], false, false),
  matMul([2, 4, 3], [2, 5, 4], true, true),

  // Each of the three ways to a filter gradient: few input channels, few output channels, many of both.
  convolution([2, 7, 7, 1], [5, 5, 1, 8], 1, "same"),
  convolution([2, 7, 6, 8], [3, 3, 8, 1], 1, "same"),
  convolution([2, 7, 7, 6], [3, 3, 6, 7], 1, "same"),
  convolution([2, 8, 7, 6], [3, 3, 6, 7], 2, "same"),
  convolution([1, 9, 9, 6], [4, 4, 6, 5], 2, "same"),
  convolution([2, 9, 8, 5], [3, 3, 5, 5], 3, "valid"),
  convolution([1, 6, 7, 3], [3, 2, 3, 2], [2, 1], "valid"),
  convolution([1, 6, 6, 5], [3, 3, 5, 6], 1, 2),
  convolution([1, 6, 6, 5], [5, 5, 5, 1], 1, "valid"),
  convolution([1, 1, 9, 2], [1, 3, 2, 3], 2, "same"),
  convolution([3, 5, 5, 6], [1, 1, 6, 5], 1, "same"),
  { name: "conv2d, dilated", inputs: [[1, 9, 8, 3], [3, 3, 3, 4]], f: (x, w) => tf.conv2d(x as Image, w as Image, 1, "same", "NHWC", [2, 3]), gradient: false },
  transposed([2, 7, 7, 5], [5, 5, 6, 5], [2, 7, 7, 6], 1, "same"),
  transposed([2, 4, 4, 5], [5, 5, 6, 5], [2, 8, 8, 6], 2, "same"),
  transposed([1, 4, 3, 5], [4, 4, 1, 5], [1, 8, 6, 1], 2, "same"),
  transposed([1, 4, 4, 5], [5, 5, 6, 5], [1, 7, 7, 6], 2, "same"),
  transposed([1, 3, 3, 2], [3, 3, 3, 2], [1, 9, 9, 3], 3, "same"),

  maxPool([2, 6, 6, 3], 2, 2, "valid"),
  maxPool([1, 7, 5, 3], 2, 2, "valid"),
  maxPool([1, 7, 5, 3], 2, 2, "same"),
  maxPool([1, 6, 6, 2], 3, 2, "same"),
  maxPool([1, 6, 6, 2], 3, 1, "same", "ties"),
  maxPool([2, 6, 6, 3], 2, 2, "valid", "ties"),
]; // prettier-ignore
