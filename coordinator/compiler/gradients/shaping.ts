// Gradients of what moves, repeats and picks elements.
import * as tf from "@tensorflow/tfjs-core";
import { FLAT, type Gradients, gradient } from "./gradient-config.ts";

export const SHAPING: Gradients = new Map([
  // tfjs's adds up one slice for each copy, and has none for rank 5 and more
  ["Tile", gradient(["x"], (dy, [x], { reps }) => ({ x: () => sumOfCopies(dy, x.shape, reps as number[]) }))],
  // of its places; its values are looked up by them (composed/indexing.ts)
  ["TopK", FLAT],
  // tfjs sends the indices themselves back to the indices
  [
    "GatherV2",
    gradient(["x", "indices"], (dy, [x, indices], { axis }) => ({
      x: () => scatteredBack(dy, x.shape, indices, axis as number),
    })),
  ],
]);

/** Copies of x lie `size` apart on each axis: [reps, size] a pair of axes, summed over the first. */
function sumOfCopies(dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor {
  const repeated = shape.map((_, axis) => axis).filter((axis) => reps[axis] !== 1);
  if (repeated.length === 0) return dy;
  const pairs = shape.flatMap((size, axis) => (reps[axis] === 1 ? [size] : [reps[axis], size]));
  const copies = repeated.map((axis, earlier) => axis + earlier); // each earlier pair is one axis more
  return tf.sum(tf.reshape(dy, pairs), copies);
}

/** Each slice of dy is added to the one of x that it was gathered from; slices lie along `axis`. */
function scatteredBack(dy: tf.Tensor, shape: number[], indices: tf.Tensor, axis: number): tf.Tensor {
  const along = axis < 0 ? axis + shape.length : axis;
  const [before, rows, after] = [shape.slice(0, along), shape[along], shape.slice(along + 1)];
  const [outer, inner] = [tf.util.sizeFromShape(before), tf.util.sizeFromShape(after)];
  const slices = tf.transpose(tf.reshape(dy, [outer, indices.size, inner]), [1, 0, 2]);
  const places = tf.cast(tf.reshape(indices, [indices.size]), "int32") as tf.Tensor1D;
  const sums = tf.unsortedSegmentSum(slices, places, rows); // [rows, outer, inner]
  return tf.reshape(tf.transpose(sums, [1, 0, 2]), shape);
}
