// Cases for kernels that move elements, multiply matrices and pool.
import * as tf from "@tensorflow/tfjs-core";
import type { OracleCase } from "../oracle.ts";

type Pad = "same" | "valid" | number;
type Image = tf.Tensor4D;

const dims = (shape: readonly number[]): string => `[${shape.join(",")}]`;

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

  maxPool([2, 6, 6, 3], 2, 2, "valid"),
  maxPool([1, 7, 5, 3], 2, 2, "valid"),
  maxPool([1, 7, 5, 3], 2, 2, "same"),
  maxPool([1, 6, 6, 2], 3, 2, "same"),
  maxPool([1, 6, 6, 2], 3, 1, "same", "ties"),
  maxPool([2, 6, 6, 3], 2, 2, "valid", "ties"),
  maxPool([2, 8, 7, 3], 3, 3, "valid", "ties"),
  maxPool([1, 9, 8, 2], 4, 4, "valid", "ties"),
]; // prettier-ignore
