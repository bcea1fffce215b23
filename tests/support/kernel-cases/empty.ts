// Cases for tensors without elements, scalars, single rows and single channels.
import * as tf from "@tensorflow/tfjs-core";
import type { OracleCase } from "../oracle.ts";

type Image = tf.Tensor4D;

const ints = (...values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");

export const EMPTY: readonly OracleCase[] = [
  { name: "add of nothing and a scalar", inputs: [[0, 3], []], f: tf.add },
  { name: "relu of nothing", inputs: [[2, 0]], f: tf.relu },
  { name: "sum of nothing is zero", inputs: [[0, 3]], f: (x) => tf.sum(x, 0) },
  { name: "sum of everything of nothing", inputs: [[0]], f: (x) => tf.sum(x) },
  { name: "prod of nothing is one", inputs: [[2, 0]], f: (x) => tf.prod(x, 1), gradient: false },
  { name: "concat with nothing", inputs: [[0, 3], [2, 3]], f: (a, b) => tf.concat([a, b], 0) },
  { name: "slice of nothing", inputs: [[4, 3]], f: (x) => tf.slice(x, [1, 0], [0, 3]) },
  { name: "reshape of nothing", inputs: [[0, 3]], f: (x) => tf.reshape(x, [3, 0]) },
  { name: "transpose of nothing", inputs: [[0, 3]], f: (x) => tf.transpose(x) },
  { name: "pad of nothing", inputs: [[0, 2]], f: (x) => tf.pad(x, [[1, 2], [0, 1]], 3) },
  { name: "tile of nothing", inputs: [[0, 2]], f: (x) => tf.tile(x, [3, 2]), gradient: false },
  { name: "matMul without rows", inputs: [[0, 3], [3, 2]], f: (a, b) => tf.matMul(a, b) },
  { name: "matMul without columns", inputs: [[2, 3], [3, 0]], f: (a, b) => tf.matMul(a, b) },
  { name: "matMul over nothing is zero", inputs: [[2, 0], [0, 3]], f: (a, b) => tf.matMul(a, b) },
  { name: "batched matMul of no batch", inputs: [[0, 2, 3], [0, 3, 2]], f: (a, b) => tf.matMul(a, b) },
  { name: "gather of no rows", inputs: [[4, 3]], f: (x) => tf.gather(x, ints()), gradient: false },
  { name: "oneHot of nothing", inputs: [[2, 3]], f: (x) => tf.add(x, tf.sum(tf.oneHot(ints(), 3), 0)) },
  { name: "unsortedSegmentSum of nothing", inputs: [[0, 3]], f: (x) => tf.unsortedSegmentSum(x, ints(), 2), gradient: false },
  { name: "argMax of no rows", inputs: [[0, 3]], f: (x) => tf.argMax(x, 1), gradient: false },
  { name: "softmax of no rows", inputs: [[0, 3]], f: (x) => tf.softmax(x) },
  { name: "cumsum of nothing", inputs: [[2, 0]], f: (x) => tf.cumsum(x, 1) },
  { name: "where of nothing", inputs: [[0], [0]], f: (a, b) => tf.where(tf.greater(a, b), a, b), gradient: false },
  { name: "conv2d of no samples", inputs: [[0, 5, 5, 2], [3, 3, 2, 4]], f: (x, w) => tf.conv2d(x as Image, w as Image, 1, "same"), gradient: false },
  { name: "depthwiseConv2d of no samples", inputs: [[0, 5, 5, 2], [3, 3, 2, 1]], f: (x, w) => tf.depthwiseConv2d(x as Image, w as Image, 1, "same"), gradient: false },
  { name: "maxPool of no samples", inputs: [[0, 4, 4, 2]], f: (x) => tf.maxPool(x as Image, 2, 2, "same"), gradient: false },
  { name: "avgPool of no samples", inputs: [[0, 4, 4, 2]], f: (x) => tf.avgPool(x as Image, 2, 2, "same"), gradient: false },
  { name: "resizeBilinear of no samples", inputs: [[0, 4, 4, 2]], f: (x) => tf.image.resizeBilinear(x as Image, [3, 5]), gradient: false },

  { name: "arithmetic of scalars", inputs: [[], []], f: (a, b) => tf.div(tf.mul(a, b), tf.add(tf.square(a), 1)) },
  { name: "reductions of a scalar", inputs: [[]], f: (x) => tf.add(tf.sum(x), tf.mean(x)) },
  { name: "max of a scalar", inputs: [[]], f: (x) => tf.max(x) },
  { name: "reshape of a scalar", inputs: [[]], f: (x) => tf.reshape(x, [1, 1]) },
  { name: "transpose, slice, reverse and tile of one element", inputs: [[1]], f: (x) => tf.tile(tf.reverse(tf.slice(tf.transpose(x), [0], [1])), [3]) },
  { name: "stack of scalars", inputs: [[], []], f: (...xs) => tf.stack(xs) },
  { name: "where between scalars", inputs: [[], []], f: (a, b) => tf.where(tf.greater(a, b), a, b), gradient: false },
  { name: "oneHot of one label", inputs: [[3]], f: (x) => tf.mul(x, tf.oneHot(tf.scalar(1, "int32"), 3)) },
  { name: "cumsum, softmax and argMax of one element", inputs: [[1, 1]], f: (x) => tf.add(tf.add(tf.cumsum(x, 1), tf.softmax(x)), tf.cast(tf.argMax(x, 1), "float32")), gradient: false },
  { name: "topk of one", inputs: [[3, 1]], f: (x) => tf.topk(x, 1).values, gradient: false },
  { name: "dot of vectors", inputs: [[5], [5]], f: (a, b) => tf.dot(a, b) },
  { name: "moments of single rows", inputs: [[1, 4]], f: (x) => tf.moments(x, 0, true).variance },
  { name: "conv2d of one pixel and one channel", inputs: [[1, 1, 1, 1], [3, 3, 1, 1]], f: (x, w) => tf.conv2d(x as Image, w as Image, 1, "same") },
  { name: "conv2dTranspose of one pixel", inputs: [[1, 1, 1, 2], [4, 4, 3, 2]], f: (x, w) => tf.conv2dTranspose(x as Image, w as Image, [1, 4, 4, 3], 1, "valid") },
  { name: "maxPool of one row", inputs: [[1, 1, 6, 1]], f: (x) => tf.maxPool(x as Image, [1, 3], [1, 2], "same") },
  { name: "resize of one pixel", inputs: [[2, 1, 1, 3]], f: (x) => tf.image.resizeBilinear(x as Image, [3, 2]) , gradient: "linear" },
]; // prettier-ignore
