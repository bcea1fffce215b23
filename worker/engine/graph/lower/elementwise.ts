// Element by element: arithmetic, comparisons, selection.
import type { GraphBuilder } from "../graph-builder.ts";
import { chosen, select } from "./select.ts";
import { exponentialMinusOne, logarithmOfOnePlus } from "./expm1-log1p.ts";
import { arcTangentOfQuotient, floorQuotient, remainder } from "./division.ts";
import type { KernelCall, Lowering, Lowerings } from "./lowering.ts";
import { boolsAsIntegers, cast, converted, inFloat32, scalar } from "./types.ts";

const unary =
  (op: string): Lowering =>
  (builder, { inputs }) =>
    builder.node(op, [inputs["x"].name]);

const binary =
  (op: string): Lowering =>
  (builder, { inputs }) =>
    builder.node(op, [inputs["a"].name, inputs["b"].name]);

/** The ONNX op has the kernel's name and works on float32 only. */
const FLOAT_UNARY = [
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
  "Reciprocal",
  "Round",
  "Sin",
  "Sinh",
  "Softplus",
  "Sqrt",
  "Tan",
  "Tanh",
];
/** On int32 as well. */
const ANY_UNARY = ["Abs", "Neg", "Sign"];

/** ONNX's names, where both operands are numbers. */
const ARITHMETIC = { Add: "Add", Sub: "Sub", Multiply: "Mul", Maximum: "Max", Minimum: "Min" };
const ORDER = { Greater: "Greater", GreaterEqual: "GreaterOrEqual", Less: "Less", LessEqual: "LessOrEqual" };
const LOGIC = { LogicalAnd: "And", LogicalOr: "Or" };

export const elementwise: Lowerings = {
  ...Object.fromEntries(FLOAT_UNARY.map((kernel) => [kernel, inFloat32(unary(kernel))])),
  ...Object.fromEntries(ANY_UNARY.map((kernel) => [kernel, boolsAsIntegers(unary(kernel))])),
  ...table(ARITHMETIC, (op) => boolsAsIntegers(binary(op))),
  ...table({ RealDiv: "Div", Pow: "Pow" }, (op) => inFloat32(binary(op))),
  ...table(ORDER, (op) => comparison(binary(op))),
  ...table(
    LOGIC,
    (op) =>
      (builder, { inputs: { a, b } }) =>
        builder.node(op, [cast(builder, a, "bool"), cast(builder, b, "bool")]),
  ),
  Equal: binary("Equal"),
  NotEqual: (builder, call) => builder.node("Not", [binary("Equal")(builder, call)]),
  LogicalNot: (builder, { inputs: { x } }) => builder.node("Not", [cast(builder, x, "bool")]),
  SquaredDifference: boolsAsIntegers((builder, call) => {
    const difference = binary("Sub")(builder, call);
    return builder.node("Mul", [difference, difference]);
  }),
  AddN: (builder, { inputs }) =>
    Object.values(inputs)
      .map(({ name }) => name)
      .reduce((sum, name) => builder.node("Add", [sum, name])),
  Square: boolsAsIntegers((builder, { inputs: { x } }) => builder.node("Mul", [x.name, x.name])),
  Rsqrt: inFloat32((builder, call) => builder.node("Reciprocal", [unary("Sqrt")(builder, call)])),
  Expm1: inFloat32((builder, { inputs: { x } }) => exponentialMinusOne(builder, x.name)),
  Log1p: inFloat32((builder, { inputs: { x } }) => logarithmOfOnePlus(builder, x.name)),
  Mod: boolsAsIntegers(remainder),
  FloorDiv: boolsAsIntegers(floorQuotient),
  Atan2: inFloat32(arcTangentOfQuotient),
  IsNan: (builder, { inputs: { x } }) => builder.node("IsNaN", [cast(builder, x, "float32")]),
  IsInf: (builder, { inputs: { x } }) => builder.node("IsInf", [cast(builder, x, "float32")]),
  IsFinite: isFinite,
  ClipByValue: inFloat32((builder, { inputs, attributes }) => {
    const { clipValueMin, clipValueMax } = attributes as Record<string, number>;
    return builder.node("Clip", [
      inputs["x"].name,
      builder.scalar(clipValueMin),
      builder.scalar(clipValueMax),
    ]);
  }),
  Step: step,
  Select: select,
  Cast: (builder, { inputs: { x }, output }) => cast(builder, x, output.dtype),
};

function table(names: Readonly<Record<string, string>>, lowering: (op: string) => Lowering): Lowerings {
  return Object.fromEntries(Object.entries(names).map(([kernel, op]) => [kernel, lowering(op)]));
}

/** Truth values are ordered as 0 and 1; the answer is one too. */
function comparison(lowering: Lowering): Lowering {
  return (builder, call) => {
    const { a, b } = call.inputs;
    if (a.dtype !== "bool") return lowering(builder, call);
    const inputs = { a: converted(builder, a, "int32"), b: converted(builder, b, "int32") };
    return lowering(builder, { ...call, inputs });
  };
}

/** x - x is 0 for every number, and NaN for NaN and both infinities. */
function isFinite(builder: GraphBuilder, { inputs: { x } }: KernelCall): string {
  const value = cast(builder, x, "float32");
  return builder.node("Equal", [builder.node("Sub", [value, value]), builder.scalar(0)]);
}

/** 1 where x > 0, alpha elsewhere (0 by default). */
function step(builder: GraphBuilder, { inputs: { x }, attributes, output }: KernelCall): string {
  const positive = builder.node("Greater", [cast(builder, x, "float32"), builder.scalar(0)]);
  const alpha = (attributes["alpha"] ?? 0) as number;
  if (output.dtype === "float32" && alpha >= 0 && alpha <= 1) return chosen(builder, positive, alpha);
  return builder.node("Where", [
    positive,
    scalar(builder, output.dtype, 1),
    scalar(builder, output.dtype, alpha),
  ]);
}
