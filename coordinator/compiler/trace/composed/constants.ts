// Kernels whose values are known when the step is traced.
import type * as tf from "@tensorflow/tfjs-core";
import { shared } from "@tensorflow/tfjs-backend-cpu";
import type { DataType } from "../../../../shared/program/program.ts";
import { type Compositions, uniform } from "./compose.ts";

export const CONSTANTS: Compositions = {
  Fill: (_, { shape, value, dtype }, backend) =>
    uniform(backend, shape as number[], (dtype ?? "float32") as DataType, value as number),
  ZerosLike: ({ x }, _, backend) => uniform(backend, x!.shape, x!.dtype as DataType, 0),
  OnesLike: ({ x }, _, backend) => uniform(backend, x!.shape, x!.dtype as DataType, 1),
  Range: (_, { start, stop, step, dtype }, backend): tf.TensorInfo => {
    const type = dtype as "float32" | "int32";
    const data = shared.rangeImpl(start as number, stop as number, step as number, type);
    return backend.constant(data, { shape: [data.length], dtype: type });
  },
  LinSpace: (_, { start, stop, num }, backend) => {
    const data = shared.linSpaceImpl(start as number, stop as number, num as number);
    return backend.constant(Float32Array.from(data), { shape: [data.length], dtype: "float32" });
  },
};
