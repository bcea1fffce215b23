// Kernels that look up or scatter by index, made of GatherV2 on one axis and UnsortedSegmentSum.
import * as tf from "@tensorflow/tfjs-core";
import { type DataType, sizeOf } from "../../../../shared/program/program.ts";
import { wrap } from "../../../../shared/program/shapes/infer.ts";
import { type Compositions, reshape, run, transpose, uniform } from "./compose.ts";

export const INDEXING: Compositions = {
  GatherV2: (inputs, attributes, backend) => {
    const batchDims = (attributes["batchDims"] ?? 0) as number;
    return batchDims === 0
      ? backend.record("GatherV2", inputs, attributes)
      : gatherByBatch(inputs["x"]!, inputs["indices"]!, (attributes["axis"] ?? 0) as number, batchDims);
  },
  /** The values are looked up by the places, so that gradients find the way back. */
  TopK: ({ x }, attributes, backend) => {
    const [, places] = backend.record("TopK", { x }, attributes) as tf.TensorInfo[];
    const last = x!.shape.length - 1;
    return [run("GatherV2", { x, indices: places }, { axis: last, batchDims: last }), places];
  },
  GatherNd: ({ params, indices }) => {
    const depth = indices!.shape.at(-1)!;
    const leading = params!.shape.slice(0, depth);
    const slice = params!.shape.slice(depth);
    const rows = reshape(params!, [sizeOf(leading), ...slice]);
    const places = placesOf(indices!, leading);
    const found = run("GatherV2", { x: rows, indices: places }, { axis: 0, batchDims: 0 });
    return reshape(found, [...indices!.shape.slice(0, -1), ...slice]);
  },
  ScatterNd: ({ indices, updates }, { shape }) => {
    const full = shape as number[];
    const depth = indices!.shape.at(-1) ?? 1;
    const [leading, slice] = [full.slice(0, depth), full.slice(depth)];
    const places = placesOf(indices!, leading);
    const rows = reshape(updates!, [places.size, ...slice]);
    const sums = run("UnsortedSegmentSum", { x: rows, segmentIds: places }, { numSegments: sizeOf(leading) });
    return reshape(run("Cast", { x: sums }, { dtype: updates!.dtype }), full);
  },
  OneHot: ({ indices }, { depth, onValue, offValue, dtype }, backend) => {
    const classes = tf.range(0, depth as number, 1, "int32");
    const column = reshape(indices!, [...indices!.shape, 1]);
    const hits = run("Equal", { a: column, b: classes });
    const type = (dtype ?? "float32") as DataType;
    return run("Select", {
      condition: hits,
      t: uniform(backend, hits.shape, type, onValue as number),
      e: uniform(backend, hits.shape, type, offValue as number),
    });
  },
};

/**
 * x [batch…, outer…, n, slice…], indices [batch…, k…] into n -> [batch…, outer…, k…, slice…]: with the batch folded
 * into n, and each batch's indices moved to its part, it is one look-up.
 */
function gatherByBatch(x: tf.TensorInfo, indices: tf.TensorInfo, axis: number, batchDims: number): tf.Tensor {
  const along = wrap(axis, x.shape.length);
  const batchShape = x.shape.slice(0, batchDims);
  const outerShape = x.shape.slice(batchDims, along);
  const sliceShape = x.shape.slice(along + 1);
  const n = x.shape[along];
  const [batch, outer, slice] = [batchShape, outerShape, sliceShape].map(sizeOf);
  const each = indices.shape.slice(batchDims);
  const count = sizeOf(each);

  const inner = transpose(reshape(x, [batch, outer, n, slice]), [0, 2, 1, 3]); // [batch, n, outer, slice]
  const offsets = tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(n, "int32"));
  const moved = tf.add(reshape(indices, [batch, count]), tf.expandDims(offsets, 1));
  const found = run(
    "GatherV2",
    { x: reshape(inner, [batch * n, outer, slice]), indices: moved },
    { axis: 0, batchDims: 0 },
  ); // [batch, count, outer, slice]
  return reshape(transpose(found, [0, 2, 1, 3]), [...batchShape, ...outerShape, ...each, ...sliceShape]);
}

/** Index tuples [k…, depth] into a shape as single row-major places [K]. */
function placesOf(indices: tf.TensorInfo, shape: readonly number[]): tf.Tensor {
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const tuples = reshape(indices, [-1, shape.length]);
  return tf.sum(tf.mul(tuples, tf.tensor1d(strides, "int32")), 1);
}
