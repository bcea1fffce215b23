// The data of a program's constants: kept once where all elements are the same.
import type * as tf from "@tensorflow/tfjs-core";
import { type ConstantData, type DataType, type ValueSpec, sizeOf } from "../../../shared/program/program.ts";

/** Values as a program keeps them. */
export function typed(values: tf.BackendValues, dtype: DataType): ConstantData {
  const numbers = values as ArrayLike<number>;
  switch (dtype) {
    case "float32":
      return new Float32Array(numbers); // `from` would go through an iterator
    case "int32":
      return new Int32Array(numbers);
    case "bool":
      return new Uint8Array(numbers);
    default:
      return dtype satisfies never;
  }
}

/** One element where all are the same bits: a large constant of one number is not even copied. */
export function compact(values: tf.BackendValues, dtype: DataType): ConstantData {
  const data = values instanceof ARRAYS[dtype] ? values : typed(values, dtype);
  return data.length > 1 && isUniform(data) ? data.slice(0, 1) : data === values ? data.slice() : data;
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

function isUniform(data: ConstantData): boolean {
  const { buffer, byteOffset, length } = data;
  const bits = data instanceof Uint8Array ? data : new Int32Array(buffer, byteOffset, length); // NaN and −0 too
  const [first] = bits;
  for (let i = 1; i < length; i++) if (bits[i] !== first) return false;
  return true;
}

/** The inverse of `compact`, for a value of this spec. */
export function expanded(data: ConstantData, spec: ValueSpec): ConstantData {
  const size = sizeOf(spec.shape);
  if (data.length === size) return data;
  return spec.dtype === "float32"
    ? new Float32Array(size).fill(data[0])
    : typed(new Int32Array(size).fill(data[0]), spec.dtype);
}
