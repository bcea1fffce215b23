// Matrix products and convolutions: fused ones taken apart, the others brought into the form that engines have.
import * as tf from "@tensorflow/tfjs-core";
import { withChannelsLast } from "./channels-first.ts";
import { type Recorder, type Compose, type Compositions, type Inputs, run } from "./compose.ts";
import { sizeOf } from "../../../../shared/program/program.ts";
import type { Attributes } from "../../../../shared/program/shapes.ts";

type Activation = "linear" | "relu" | "relu6" | "elu" | "prelu" | "leakyrelu" | "sigmoid";

export const PRODUCTS: Compositions = {
  BatchMatMul: ({ a, b }, attributes, recorder) => batchMatMul(recorder, a!, b!, attributes),
  _FusedMatMul: (inputs, attributes) =>
    finish(run("BatchMatMul", { a: inputs["a"], b: inputs["b"] }, attributes), inputs, attributes),
  FusedConv2D: withChannelsLast("x", fusedConvolution("Conv2D")),
  FusedDepthwiseConv2D: withChannelsLast("x", fusedConvolution("DepthwiseConv2dNative")),
  Conv2D: withChannelsLast("x", recorded("Conv2D")),
  DepthwiseConv2dNative: withChannelsLast("x", recorded("DepthwiseConv2dNative")),
};

function recorded(kernel: string): Compose {
  return (inputs, attributes, recorder) => recorder.record(kernel, inputs, attributes);
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
  const sum = bias ? run("Add", { a: product, b: bias }) : product;
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
      return run("Prelu", { x: sum, alpha: slope });
    default:
      return activation satisfies never;
  }
}

/**
 * Recorded as it is, but for what engines and tfjs itself do not multiply rightly: integers go through float32, and a
 * batch that is repeated along some of its axes only is laid out in full.
 */
function batchMatMul(
  recorder: Recorder,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  attributes: Attributes,
): tf.TensorInfo | tf.TensorInfo[] {
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const operand = (x: tf.TensorInfo): tf.TensorInfo => {
    const numbers = x.dtype === "float32" ? x : run("Cast", { x }, { dtype: "float32" });
    const repeats = sizeOf(x.shape.slice(0, -2));
    return repeats === 1 || repeats === sizeOf(batch)
      ? numbers
      : tf.broadcastTo(numbers as tf.Tensor, [...batch, ...x.shape.slice(-2)]);
  };
  const product = recorder.record("BatchMatMul", { a: operand(a), b: operand(b) }, attributes);
  return a.dtype === "float32" ? product : run("Cast", { x: product as tf.TensorInfo }, { dtype: a.dtype });
}
