// Cases for kernels that look up, scatter, slice with strides, sort and count.
import * as tf from "@tensorflow/tfjs-core";
import type { OracleCase } from "../oracle.ts";

const ints = (...values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");

const strided = (
  name: string,
  shape: number[],
  [begin, end, strides]: [number[], number[], number[]],
  masks: number[] = [],
): OracleCase => ({
  name: `stridedSlice, ${name}`,
  inputs: [shape],
  f: (x) => tf.stridedSlice(x, begin, end, strides, ...masks),
  gradient: "linear",
});

const scan = (op: "cumsum" | "cumprod", axis: number): OracleCase[] =>
  [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map(([exclusive, reverse]) => ({
    name: `${op} along ${axis}${exclusive ? ", exclusive" : ""}${reverse ? ", reversed" : ""}`,
    inputs: [[3, 2, 5]],
    f: (x) => tf[op](x, axis, exclusive, reverse),
    ...(op === "cumsum" && axis !== 2 && { gradient: false }), // tfjs's is right for the last axis only
    ...(op === "cumprod" && { gradient: productsOfSlices(axis, exclusive, reverse) }),
  }));

/** cumprod along an axis, written out. */
function productsOfSlices(axis: number, exclusive: boolean, reverse: boolean): OracleCase["f"] {
  return (x) => {
    const inOrder = tf.unstack(x, axis); // tfjs's tape holds this very array
    const slices = reverse ? inOrder.toReversed() : inOrder;
    const products: tf.Tensor[] = [];
    let product: tf.Tensor = tf.onesLike(slices[0]);
    for (const slice of slices) {
      const next = tf.mul(product, slice);
      products.push(exclusive ? product : next);
      product = next;
    }
    if (reverse) products.reverse();
    return tf.stack(products, axis);
  };
}

/** The elements of the last axis at given places, where the places are constants. */
function chosen(x: tf.Tensor, places: tf.Tensor): tf.Tensor {
  const constant = tf.tensor(places.dataSync(), places.shape, "int32");
  const masks = tf.cast(tf.oneHot(constant, x.shape.at(-1)!), "float32"); // [..., k, n]
  return tf.sum(tf.mul(tf.expandDims(x, -2), masks), -1);
}

export const INDEXING: readonly OracleCase[] = [
  { name: "gather rows, some twice", inputs: [[4, 3]], f: (x) => tf.gather(x, ints(3, 0, 3, 1, 3)) },
  { name: "gather along the last axis", inputs: [[2, 4, 3]], f: (x) => tf.gather(x, ints(2, 0, 0, 1), -1) },
  { name: "gather with indices of rank 2", inputs: [[5, 3]], f: (x) => tf.gather(x, tf.tensor2d([[4, 0], [1, 1]], [2, 2], "int32")) },
  { name: "gather with indices that are computed", inputs: [[5, 5]], f: (x) => tf.gather(x, tf.argMax(x, 1)), gradient: false },
  { name: "gather within each batch", inputs: [[2, 4, 3]], f: (x) => tf.gather(x, tf.tensor2d([[3, 0], [1, 1]], [2, 2], "int32"), 1, 1), gradient: "linear" },
  { name: "gather within each batch, further in", inputs: [[2, 3, 4, 2]], f: (x) => tf.gather(x, tf.tensor2d([[3, 0, 1], [1, 1, 2]], [2, 3], "int32"), 2, 1), gradient: "linear" },
  { name: "gatherND of elements", inputs: [[3, 4]], f: (x) => tf.gatherND(x, tf.tensor2d([[2, 3], [0, 0], [2, 3]], [3, 2], "int32")), gradient: "linear" },
  { name: "gatherND of rows", inputs: [[3, 2, 4]], f: (x) => tf.gatherND(x, tf.tensor3d([[[2, 1]], [[0, 0]]], [2, 1, 2], "int32")), gradient: "linear" },
  { name: "scatterND, adding where indices repeat", inputs: [[3, 2]], f: (x) => tf.scatterND(tf.tensor2d([[3], [0], [3]], [3, 1], "int32"), x, [5, 2]), gradient: "linear" },
  { name: "tensorScatterUpdate", inputs: [[4, 2], [2, 2]], f: (x, y) => tf.tensorScatterUpdate(x, tf.tensor2d([[3], [0]], [2, 1], "int32"), y), gradient: false },
  { name: "unsortedSegmentSum, one id negative", inputs: [[5, 3]], f: (x) => tf.unsortedSegmentSum(x, ints(2, 0, 2, -1, 1), 4) },
  { name: "unsortedSegmentSum, with ids that are no segment", inputs: [[5, 3]], f: (x) => tf.unsortedSegmentSum(x, ints(2, 0, 2, -1, 7), 4), gradient: false },
  { name: "unsortedSegmentSum of numbers", inputs: [[4]], f: (x) => tf.unsortedSegmentSum(x, ints(1, 1, 0, 1), 3) },
  { name: "oneHot, out of range too", inputs: [[3, 4]], f: (x) => tf.mul(x, tf.oneHot(ints(2, -1, 4), 4)) },
  { name: "oneHot with its own values", inputs: [[2, 3]], f: (x) => tf.add(x, tf.sum(tf.oneHot(tf.tensor2d([[0, 2, 1], [1, 1, 0]], [2, 3], "int32"), 3, 0.9, 0.05), 2)) },
  { name: "oneHot of computed labels", inputs: [[3, 4]], f: (x) => tf.oneHot(tf.argMax(x, 1), 4), gradient: false },
  { name: "range and linspace", inputs: [[5]], f: (x) => tf.mul(tf.add(x, tf.range(0, 5)), tf.linspace(-1, 1, 5)) },
  { name: "range backwards", inputs: [[3]], f: (x) => tf.mul(x, tf.range(6, 0, -2)) },
  { name: "stack", inputs: [[2, 3], [2, 3]], f: (...xs) => tf.stack(xs, 1) },
  { name: "stack on a new last axis", inputs: [[2, 3], [2, 3], [2, 3]], f: (...xs) => tf.stack(xs, -1) },
  { name: "unstack", inputs: [[2, 3, 4]], f: (x) => { const [a, b, c] = tf.unstack(x, 1); return tf.add(tf.mul(a, b), c); } },
  { name: "split", inputs: [[2, 7]], f: (x) => { const [a, b, c] = tf.split(x, [2, 3, 2], 1); return tf.add(tf.mul(a, c), tf.sum(b)); } },
  { name: "split in equal parts", inputs: [[6, 2]], f: (x) => { const [a, b, c] = tf.split(x, 3); return tf.add(tf.mul(a, b), c); } },
  { name: "slice of one element", inputs: [[4, 5]], f: (x) => tf.slice(x, [1, 2], [1, 1]) },
  strided("every second", [7, 5], [[0, 1], [7, 5], [2, 2]]),
  strided("a stride past the end", [7, 5], [[1, 0], [7, 4], [3, 3]]),
  strided("backwards", [7, 5], [[6, 4], [0, 0], [-2, -1]]),
  strided("from the end", [7, 5], [[-3, -4], [-1, -1], [1, 2]]),
  strided("masks", [3, 4, 5], [[1, 2, 1], [2, 2, 4], [1, 1, 1]], [2, 2, 0, 0, 1]),
  strided("a new axis and an ellipsis", [3, 4, 5], [[0, 0, 1], [0, 0, 4], [1, 1, 1]], [0, 0, 1, 2, 0]),
  ...scan("cumsum", 2),
  ...scan("cumsum", 1),
  ...scan("cumprod", 1),
  ...scan("cumprod", 0).slice(0, 1),
  ...(["argMax", "argMin"] as const).flatMap((name) => [0, 1, -1].map((axis): OracleCase => ({ name: `${name} over ${axis}`, inputs: [[3, 4, 5]], values: "ties", f: (x) => tf[name](x, axis), gradient: false }))),
  { name: "topk, values", inputs: [[3, 7]], f: (x) => tf.topk(x, 3).values, gradient: (x) => chosen(x, tf.topk(x, 3).indices) },
  { name: "topk of a vector, values", inputs: [[6]], f: (x) => tf.topk(x, 2).values, gradient: (x) => chosen(x, tf.topk(x, 2).indices) },
  { name: "topk, indices, of equals the first", inputs: [[3, 7]], values: "ties", f: (x) => tf.topk(x, 4).indices, gradient: false },
  { name: "all and any", inputs: [[3, 4]], f: (x) => { const p = tf.greater(x, -0.5); return tf.add(tf.cast(tf.all(p, 1, true), "float32"), tf.cast(tf.any(tf.less(x, -1), 0), "float32")); }, gradient: false },
  { name: "diag", inputs: [[4]], f: (x) => tf.diag(x), gradient: "linear" },
  { name: "eye and trace by einsum", inputs: [[3, 3]], f: (x) => tf.einsum("ij,ij->", x, tf.eye(3)), gradient: (x) => tf.sum(tf.mul(x, tf.eye(3))) },
  { name: "einsum, a matrix product", inputs: [[3, 4], [4, 5]], f: (a, b) => tf.einsum("ij,jk->ik", a, b), gradient: (a, b) => tf.matMul(a, b) },
  { name: "einsum, batched and permuted", inputs: [[2, 3, 4], [2, 4, 5]], f: (a, b) => tf.einsum("bij,bjk->kbi", a, b), gradient: (a, b) => tf.transpose(tf.matMul(a, b), [2, 0, 1]) },
  { name: "einsum, an outer product", inputs: [[3], [4]], f: (a, b) => tf.einsum("i,j->ij", a, b), gradient: (a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D) },
  { name: "einsum, one operand, transposed and summed", inputs: [[2, 3, 4]], f: (x) => tf.einsum("ijk->ki", x), gradient: (x) => tf.transpose(tf.sum(x, 1), [1, 0]) },
  { name: "einsum, an axis of one operand summed away", inputs: [[2, 3], [3, 4]], f: (a, b) => tf.einsum("ij,jk->i", a, b), gradient: (a, b) => tf.sum(tf.matMul(a, b), 1) },
]; // prettier-ignore
