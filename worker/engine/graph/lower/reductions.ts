// Sums, means, extrema over axes, and the normalizations made of them.
import { util } from "@tensorflow/tfjs-core";
import type { GraphBuilder } from "../graph-builder.ts";
import type { KernelCall, Lowering, Lowerings } from "./lowering.ts";

const reduce =
  (op: string): Lowering =>
  (builder, { inputs, attributes }) => {
    const { name, shape } = inputs["x"];
    const given = (attributes["axis"] ?? attributes["reductionIndices"]) as number | number[];
    const axes = util.parseAxisParam(given, [...shape]);
    const keepdims = attributes["keepDims"] ? 1 : 0;
    if (axes.length === 0) return name; // ONNX would read no axes as all axes
    // Opset 17 takes the axes of ReduceSum as an input, of all others as an attribute.
    return op === "ReduceSum"
      ? builder.node(op, [name, builder.ints(axes)], { keepdims })
      : builder.node(op, [name], { axes, keepdims });
  };

export const reductions: Lowerings = {
  Sum: reduce("ReduceSum"),
  Mean: reduce("ReduceMean"),
  Max: reduce("ReduceMax"),
  Min: reduce("ReduceMin"),
  Prod: reduce("ReduceProd"),
  Softmax: (builder, { inputs }) => builder.node("Softmax", [inputs["logits"].name], { axis: -1 }),
  FusedBatchNorm: batchNormalization,
};

/** scale · (x - mean) / √(variance + ε) + offset, each broadcast over the last axis. */
function batchNormalization(builder: GraphBuilder, { inputs, attributes }: KernelCall): string {
  const { x, mean, variance, offset, scale } = inputs;
  const epsilon = builder.scalar((attributes["varianceEpsilon"] ?? 0.001) as number);
  const deviation = builder.node("Sqrt", [builder.node("Add", [variance.name, epsilon])]);
  let result = builder.node("Div", [builder.node("Sub", [x.name, mean.name]), deviation]);
  if (scale) result = builder.node("Mul", [result, scale.name]);
  if (offset) result = builder.node("Add", [result, offset.name]);
  return result;
}
