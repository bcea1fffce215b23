// Element by element: arithmetic, activations, comparisons, choice.
import { ONNX_TYPE } from "../onnx.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { chosen, select } from "./choice.ts";
import type { KernelCall, Lowering, Lowerings } from "./lowering.ts";

const unary =
  (op: string): Lowering =>
  (builder, { inputs }) =>
    builder.node(op, [inputs["x"].name]);

const binary =
  (op: string): Lowering =>
  (builder, { inputs }) =>
    builder.node(op, [inputs["a"].name, inputs["b"].name]);

const SAME_UNARY = [
  "Abs",
  "Acos",
  "Acosh",
  "Asin",
  "Asinh",
  "Atan",
  "Atanh",
  "Ceil",
  "Cos",
  "Cosh",
  "Erf",
  "Exp",
  "Floor",
  "Log",
  "Neg",
  "Reciprocal",
  "Relu",
  "Round",
  "Sigmoid",
  "Sign",
  "Sin",
  "Sinh",
  "Sqrt",
  "Tan",
  "Tanh",
];

export const elementwise: Lowerings = {
  ...Object.fromEntries(SAME_UNARY.map((kernel) => [kernel, unary(kernel)])),
  Add: binary("Add"),
  Sub: binary("Sub"),
  Multiply: (builder, call) => {
    const { a, b } = operands(call);
    return call.output.dtype === "bool" ? builder.node("And", [a, b]) : builder.node("Mul", [a, b]);
  },
  RealDiv: binary("Div"),
  Maximum: binary("Max"),
  Minimum: binary("Min"),
  Pow: binary("Pow"),
  Equal: binary("Equal"),
  Greater: binary("Greater"),
  GreaterEqual: binary("GreaterOrEqual"),
  Less: binary("Less"),
  LessEqual: binary("LessOrEqual"),
  LogicalAnd: binary("And"),
  LogicalOr: binary("Or"),
  LogicalNot: unary("Not"),
  NotEqual: (builder, call) => builder.node("Not", [binary("Equal")(builder, call)]),
  SquaredDifference: (builder, call) => {
    const difference = binary("Sub")(builder, call);
    return builder.node("Mul", [difference, difference]);
  },
  AddN: (builder, { inputs }) =>
    Object.values(inputs)
      .map(({ name }) => name)
      .reduce((sum, name) => builder.node("Add", [sum, name])),
  Square: (builder, { inputs }) => builder.node("Mul", [inputs["x"].name, inputs["x"].name]),
  Rsqrt: (builder, call) => builder.node("Reciprocal", [unary("Sqrt")(builder, call)]),
  Expm1: (builder, call) => builder.node("Sub", [unary("Exp")(builder, call), builder.scalar(1)]),
  Log1p: (builder, { inputs }) =>
    builder.node("Log", [builder.node("Add", [inputs["x"].name, builder.scalar(1)])]),
  Elu: (builder, { inputs }) => builder.node("Elu", [inputs["x"].name], { alpha: { float: 1 } }),
  LeakyRelu: (builder, { inputs, attributes }) =>
    builder.node("LeakyRelu", [inputs["x"].name], { alpha: { float: attributes["alpha"] as number } }),
  Relu6: (builder, { inputs }) =>
    builder.node("Clip", [inputs["x"].name, builder.scalar(0), builder.scalar(6)]),
  ClipByValue: (builder, { inputs, attributes }) =>
    builder.node("Clip", [
      inputs["x"].name,
      builder.scalar(attributes["clipValueMin"] as number),
      builder.scalar(attributes["clipValueMax"] as number),
    ]),
  Softplus: softplus,
  Step: step,
  Prelu: (builder, { inputs }) => {
    const { x, alpha } = inputs as Record<"x" | "alpha", KernelCall["inputs"][string]>;
    const positive = builder.node("Greater", [x.name, builder.scalar(0)]);
    return builder.node("Where", [positive, x.name, builder.node("Mul", [x.name, alpha.name])]);
  },
  Select: select,
  Cast: (builder, { inputs, output }) => {
    const { name, dtype } = inputs["x"];
    return dtype === output.dtype ? name : builder.node("Cast", [name], { to: ONNX_TYPE[output.dtype] });
  },
};

function operands({ inputs }: KernelCall): { a: string; b: string } {
  return { a: inputs["a"].name, b: inputs["b"].name };
}

/** max(x, 0) + log(1 + exp(-|x|)): ONNX's own Softplus overflows nowhere either, but rounds differently by provider. */
function softplus(builder: GraphBuilder, { inputs }: KernelCall): string {
  return builder.node("Softplus", [inputs["x"].name]);
}

/** 1 where x > 0, alpha elsewhere (0 by default); NaN stays NaN. */
function step(builder: GraphBuilder, { inputs, attributes }: KernelCall): string {
  const x = inputs["x"].name;
  const positive = builder.node("Greater", [x, builder.scalar(0)]);
  const alpha = (attributes["alpha"] ?? 0) as number;
  if (alpha >= 0 && alpha <= 1) return chosen(builder, positive, alpha);
  return builder.node("Where", [positive, builder.scalar(1), builder.scalar(alpha)]);
}
