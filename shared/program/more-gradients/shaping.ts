// Gradients of what moves, repeats and picks elements.
import * as tf from "@tensorflow/tfjs-core";
import { type Gradients, gradient } from "./gradient-config.ts";

export const SHAPING: Gradients = new Map([
  // tfjs's adds up one slice for each copy, and has none for rank 5 and more
  ["Tile", gradient(["x"], (dy, [x], { reps }) => ({ x: () => sumOfCopies(dy, x.shape, reps as number[]) }))],
  // tfjs's drops what the mirrored elements send back
  [
    "MirrorPad",
    gradient([], (dy, _saved, { paddings, mode }) => ({
      x: () =>
        (paddings as [number, number][]).reduce(
          (folded, [before, after], axis) =>
            foldedBack(folded, axis, { before, after, skip: mode === "reflect" ? 1 : 0 }),
          dy,
        ),
    })),
  ],
  // tfjs sends the indices themselves back to the indices
  [
    "GatherV2",
    gradient(["x", "indices"], (dy, [x, indices], { axis, batchDims }) => ({
      x: () => gatheredBack(dy, x, indices, { axis: axis as number, batch: batchDims as number }),
    })),
  ],
  // Two transpositions of each other
  [
    "GatherNd",
    gradient(["params", "indices"], (dy, [params, indices]) => ({
      params: () => tf.scatterND(tf.cast(indices, "int32"), dy, params.shape),
    })),
  ],
  ["ScatterNd", gradient(["indices"], (dy, [indices]) => ({ updates: () => tf.gatherND(dy, indices) }))],
]);

/** Copies of x lie `size` apart on each axis: [reps, size] a pair of axes, summed over the first. */
function sumOfCopies(dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor {
  const repeated = shape.map((_, axis) => axis).filter((axis) => reps[axis] !== 1);
  if (repeated.length === 0) return dy;
  const pairs = shape.flatMap((size, axis) => (reps[axis] === 1 ? [size] : [reps[axis], size]));
  const copies = repeated.map((axis, earlier) => axis + earlier); // each earlier pair is one axis more
  return tf.sum(tf.reshape(dy, pairs), copies);
}

interface Mirror {
  readonly before: number;
  readonly after: number;
  /** 1 where the edge itself is not repeated. */
  readonly skip: number;
}

/** The inner part of dy along an axis, plus the padding mirrored back to where it came from. */
function foldedBack(dy: tf.Tensor, axis: number, { before, after, skip }: Mirror): tf.Tensor {
  if (before === 0 && after === 0) return dy;
  const length = dy.shape[axis] - before - after;
  const part = (begin: number, size: number): tf.Tensor =>
    tf.slice(
      dy,
      dy.shape.map((_, i) => (i === axis ? begin : 0)),
      dy.shape.map((full, i) => (i === axis ? size : full)),
    );
  const spread = (edge: tf.Tensor, begin: number): tf.Tensor =>
    tf.pad(
      tf.reverse(edge, axis),
      dy.shape.map((_, i) => (i === axis ? [begin, length - begin - edge.shape[axis]] : [0, 0])),
    );
  const parts = [part(before, length)];
  if (before > 0) parts.push(spread(part(0, before), skip));
  if (after > 0) parts.push(spread(part(before + length, after), length - after - skip));
  return tf.addN(parts);
}

/**
 * Each slice of dy is added to the row of x that it was gathered from. Rows lie along `axis`; the first `batch` axes
 * are shared by x and the indices, so that row r of sample b is row b · rows + r of all.
 */
function gatheredBack(
  dy: tf.Tensor,
  x: tf.Tensor,
  indices: tf.Tensor,
  { axis, batch }: { readonly axis: number; readonly batch: number },
): tf.Tensor {
  const along = axis < 0 ? axis + x.rank : axis;
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const samples = tf.util.sizeFromShape(x.shape.slice(0, batch));
  const rows = x.shape[along];
  const added = indices.rank - batch; // axes of dy in the place of one of x
  const gathered = range(along, along + added);
  const before = range(batch, along);
  const front = tf.transpose(dy, [
    ...range(0, batch),
    ...gathered,
    ...before,
    ...range(along + added, dy.rank),
  ]);
  const picked = indices.size; // over all samples
  const offsets = Int32Array.from({ length: picked }, (_, i) => rows * Math.floor((i * samples) / picked));
  const numbers = tf.reshape(tf.cast(indices, "int32"), [picked]);
  const segments = samples === 1 ? numbers : tf.add(numbers, tf.tensor1d(offsets, "int32"));
  const sums = tf.unsortedSegmentSum(
    tf.reshape(front, [picked, -1]),
    segments as tf.Tensor1D,
    samples * rows,
  ); // [samples · rows, rest]
  const rest = [...x.shape.slice(batch, along), ...x.shape.slice(along + 1)];
  const ordered = tf.reshape(sums, [...x.shape.slice(0, batch), rows, ...rest]);
  const home = [...range(0, batch), ...range(batch + 1, along + 1), batch, ...range(along + 1, x.rank)];
  return tf.transpose(ordered, home);
}
