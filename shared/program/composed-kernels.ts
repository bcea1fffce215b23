// Kernels that are recorded as other kernels, so that gradients and executors need not know them.
import * as tf from "@tensorflow/tfjs-core";
import type { RecordingBackend } from "./recording-backend.ts";
import type { Attributes } from "./shapes.ts";
import type { DataType } from "./program.ts";

type Inputs = tf.NamedTensorInfoMap;
type Compose = (
  inputs: Inputs,
  attributes: Attributes,
  backend: RecordingBackend,
) => tf.TensorInfo | tf.TensorInfo[];
type Activation = "linear" | "relu" | "relu6" | "elu" | "prelu" | "leakyrelu" | "sigmoid";

/** What each composed kernel is made of. A new tensor for a value already recorded costs no call. */
export const COMPOSED: ReadonlyMap<string, Compose> = new Map<string, Compose>([
  ["Identity", ({ x }) => x!],
  [
    "_FusedMatMul",
    (inputs, attributes) =>
      finish(run("BatchMatMul", { a: inputs["a"], b: inputs["b"] }, attributes), inputs, attributes),
  ],
  ["FusedConv2D", fusedConvolution("Conv2D")],
  [
    "SplitV",
    ({ x }, { numOrSizeSplits, axis }) => split(x!, numOrSizeSplits as number | number[], axis as number),
  ],
  ["FusedDepthwiseConv2D", fusedConvolution("DepthwiseConv2dNative")],
  [
    "Fill",
    (_, { shape, value, dtype }, backend) =>
      uniform(backend, shape as number[], (dtype ?? "float32") as DataType, value as number),
  ],
  ["ZerosLike", ({ x }, _, backend) => uniform(backend, x!.shape, x!.dtype as DataType, 0)],
  ["OnesLike", ({ x }, _, backend) => uniform(backend, x!.shape, x!.dtype as DataType, 1)],
]);

/** The slices that tile x along an axis. */
function split(x: tf.TensorInfo, numberOrSizes: number | number[], axis: number): tf.Tensor[] {
  const along = axis < 0 ? axis + x.shape.length : axis;
  const total = x.shape[along];
  const sizes =
    typeof numberOrSizes === "number"
      ? Array.from({ length: numberOrSizes }, () => total / numberOrSizes)
      : numberOrSizes.map((size) =>
          size === -1 ? total - numberOrSizes.reduce((sum, other) => sum + other, 1) : size,
        );
  let offset = 0;
  return sizes.map((length) => {
    const begin = x.shape.map((_, i) => (i === along ? offset : 0));
    const size = x.shape.map((full, i) => (i === along ? length : full));
    offset += length;
    return run("Slice", { x }, { begin, size });
  });
}

function fusedConvolution(kernel: string): Compose {
  return (inputs, attributes) => {
    const { strides, pad, dataFormat, dilations, dimRoundingMode } = attributes;
    const convolution = { strides, pad, dataFormat, dilations, dimRoundingMode };
    return finish(run(kernel, { x: inputs["x"], filter: inputs["filter"] }, convolution), inputs, attributes);
  };
}

/** Bias and activation, as tfjs's fused kernels apply them. */
function finish(product: tf.Tensor, inputs: Inputs, attributes: Attributes): tf.Tensor {
  const { bias, preluActivationWeights: slope } = inputs;
  const sum = bias ? run("Add", { a: product, b: bias }, {}) : product;
  const activation = (attributes["activation"] ?? "linear") as Activation;
  switch (activation) {
    case "linear":
      return sum;
    case "relu":
      return tf.relu(sum);
    case "relu6":
      return tf.relu6(sum);
    case "elu":
      return tf.elu(sum);
    case "sigmoid":
      return tf.sigmoid(sum);
    case "leakyrelu":
      return tf.leakyRelu(sum, (attributes["leakyreluAlpha"] ?? 0.2) as number);
    case "prelu":
      return run("Prelu", { x: sum, alpha: slope }, {});
    default:
      return activation satisfies never;
  }
}

function run(
  kernel: string,
  inputs: Record<string, tf.TensorInfo | undefined>,
  attributes: Attributes,
): tf.Tensor {
  const named = inputs as unknown as tf.NamedTensorMap;
  return tf.engine().runKernel<tf.Tensor>(kernel, named, attributes as tf.NamedAttrMap);
}

function uniform(backend: RecordingBackend, shape: number[], dtype: DataType, value: number): tf.TensorInfo {
  const data =
    dtype === "float32"
      ? Float32Array.of(value)
      : dtype === "int32"
        ? Int32Array.of(value)
        : Uint8Array.of(value);
  return backend.constant(data, { shape, dtype });
}
