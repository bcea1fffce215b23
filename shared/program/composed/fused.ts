// Fused kernels taken apart: the product, then bias, then activation.
import * as tf from "@tensorflow/tfjs-core";
import { type Compose, type Compositions, type Inputs, run } from "./compose.ts";
import type { Attributes } from "../shapes.ts";

type Activation = "linear" | "relu" | "relu6" | "elu" | "prelu" | "leakyrelu" | "sigmoid";

export const FUSED: Compositions = {
  _FusedMatMul: (inputs, attributes) =>
    finish(run("BatchMatMul", { a: inputs["a"], b: inputs["b"] }, attributes), inputs, attributes),
  FusedConv2D: fusedConvolution("Conv2D"),
  FusedDepthwiseConv2D: fusedConvolution("DepthwiseConv2dNative"),
};

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
