// The data of a program's constants: kept once where all elements are the same.
import type * as tf from "@tensorflow/tfjs-core";
import { type ConstantData, type DataType, type ValueSpec, sizeOf } from "../../../shared/program/program.ts";

/** Values as a program keeps them. */
export function typed(values: tf.BackendValues, dtype: DataType): ConstantData {
  const numbers = values as ArrayLike<number>;
  switch (dtype) {
    case "float32":
      return Float32Array.from(numbers);
    case "int32":
      return Int32Array.from(numbers);
    case "bool":
      return Uint8Array.from(numbers);
    default:
      return dtype satisfies never;
  }
}

/** One element where all are the same bits. */
export function compact(data: ConstantData): ConstantData {
  const uniform = data.length > 1 && data.every((value) => Object.is(value, data[0]));
  return uniform ? data.slice(0, 1) : data;
}

/** The inverse of `compact`, for a value of this spec. */
export function expanded(data: ConstantData, spec: ValueSpec): ConstantData {
  const size = sizeOf(spec.shape);
  return data.length === size
    ? data
    : typed(
        Float32Array.from({ length: size }, () => data[0]),
        spec.dtype,
      );
}
