// Sums, means, extrema over axes, and what is made of them.
import { util } from "../../../../shared/program/tfjs-core.ts";
import { ONNX_TYPE } from "../onnx.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import type { KernelCall, Lowering, Lowerings } from "./lowering.ts";
import { boolsAsIntegers, cast, inFloat32, scalar } from "./types.ts";

export const reductions: Lowerings = {
  Sum: boolsAsIntegers(reduce("ReduceSum")),
  Mean: inFloat32(reduce("ReduceMean")),
  Max: boolsAsIntegers(reduce("ReduceMax")),
  Min: boolsAsIntegers(reduce("ReduceMin")),
  Prod: boolsAsIntegers(reduce("ReduceProd")),
  ArgMax: argument("ArgMax"),
  ArgMin: argument("ArgMin"),
  Cumsum: (builder, { inputs: { x }, attributes, output }) =>
    builder.node(
      "CumSum",
      [cast(builder, x, output.dtype), scalar(builder, "int32", attributes["axis"] as number)],
      {
        exclusive: attributes["exclusive"] ? 1 : 0,
        reverse: attributes["reverse"] ? 1 : 0,
      },
    ),
  TopK: (builder, { inputs: { x }, attributes }) => {
    const k = builder.ints([attributes["k"] as number]);
    const [values, places] = builder.nodes("TopK", [x.name, k], { axis: -1, largest: 1, sorted: 1 }, 2);
    return [values, toInt32(builder, places)];
  },
  FusedBatchNorm: batchNormalization,
};

function reduce(op: string): Lowering {
  return (builder, { inputs, attributes }) => {
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
}

/** Of equal elements the first. */
function argument(op: string): Lowering {
  return (builder, { inputs: { x }, attributes }) => {
    const [axis] = util.parseAxisParam(attributes["axis"] as number, [...x.shape]);
    const numbers = x.dtype === "bool" ? cast(builder, x, "int32") : x.name;
    return toInt32(builder, builder.node(op, [numbers], { axis, keepdims: 0 }));
  };
}

/** ONNX's places are int64. */
function toInt32(builder: GraphBuilder, name: string): string {
  return builder.node("Cast", [name], { to: ONNX_TYPE.int32 });
}

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
