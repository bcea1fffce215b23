// The form of a composed kernel, and how it calls the kernels that it is made of.
import * as tf from "@tensorflow/tfjs-core";
import type { DataType } from "../../../../shared/program/program.ts";
import type { Attributes } from "../../../../shared/program/shapes.ts";

export type Inputs = tf.NamedTensorInfoMap;

/** What a composition may ask of the backend that records it. */
export interface Recorder {
  /** A tensor of these values, row-major. */
  constant(
    data: Float32Array | Int32Array | Uint8Array,
    spec: { readonly shape: readonly number[]; readonly dtype: DataType },
  ): tf.TensorInfo;
  /** Notes one call of a kernel as it is, not composed. */
  record(kernel: string, inputs: Inputs, attributes: Attributes): tf.TensorInfo | tf.TensorInfo[];
}

export type Compose = (
  inputs: Inputs,
  attributes: Attributes,
  recorder: Recorder,
) => tf.TensorInfo | tf.TensorInfo[];

/** The compositions of one family of kernels. */
export type Compositions = Readonly<Record<string, Compose>>;

/** Calls a kernel of one output: it is recorded, or composed in its turn. */
export function run(
  kernel: string,
  inputs: Record<string, tf.TensorInfo | undefined>,
  attributes: Attributes = {},
): tf.Tensor {
  const named = inputs as unknown as tf.NamedTensorMap;
  return tf.engine().runKernel<tf.Tensor>(kernel, named, attributes as tf.NamedAttrMap);
}

export function reshape(x: tf.TensorInfo, shape: readonly number[]): tf.Tensor {
  return run("Reshape", { x }, { shape: [...shape] });
}

export function transpose(x: tf.TensorInfo, perm: readonly number[]): tf.Tensor {
  return run("Transpose", { x }, { perm: [...perm] });
}

export function concat(parts: readonly tf.TensorInfo[], axis: number): tf.Tensor {
  return run("Concat", Object.fromEntries(parts.map((part, i) => [String(i), part])), { axis });
}

/** Elements `begin … begin + size - 1` of one axis, and all of the others. */
export function sliceAlong(x: tf.TensorInfo, axis: number, begin: number, size: number): tf.Tensor {
  const begins = x.shape.map((_, i) => (i === axis ? begin : 0));
  const sizes = x.shape.map((full, i) => (i === axis ? size : full));
  return run("Slice", { x }, { begin: begins, size: sizes });
}

/** A tensor of one repeated value, stored once. */
export function uniform(
  recorder: Recorder,
  shape: readonly number[],
  dtype: DataType,
  value: number,
): tf.TensorInfo {
  const data =
    dtype === "float32"
      ? Float32Array.of(value)
      : dtype === "int32"
        ? Int32Array.of(value)
        : Uint8Array.of(value);
  return recorder.constant(data, { shape, dtype });
}
