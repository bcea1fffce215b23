// Element by element: the shape stays, or two shapes broadcast; the types are those of tfjs's CPU kernels.
import { type DataType, type ValueSpec, plainType } from "../program.ts";
import { type Infer, type Rules, broadcast, retyped, rules, sameAs } from "./infer.ts";

/** Of integers these give integers: tfjs computes in floating point and cuts the fraction off. */
const UNARY = [
  "Abs",
  "Acos",
  "Acosh",
  "Asin",
  "Asinh",
  "Atan",
  "Atanh",
  "Ceil",
  "ClipByValue",
  "Cos",
  "Cosh",
  "Elu",
  "Erf",
  "Expm1",
  "Floor",
  "Log",
  "Log1p",
  "Neg",
  "Reciprocal",
  "Relu",
  "Relu6",
  "Round",
  "Rsqrt",
  "Selu",
  "Sigmoid",
  "Sign",
  "Sin",
  "Sinh",
  "Softplus",
  "Sqrt",
  "Square",
  "Step",
  "Tan",
  "Tanh",
];
const BINARY = [
  "Add",
  "Atan2",
  "Maximum",
  "Minimum",
  "Mod",
  "Multiply",
  "Pow",
  "RealDiv",
  "SquaredDifference",
  "Sub",
];
/** Kernels of two operands that answer with true or false. */
export const COMPARISON = [
  "Equal",
  "Greater",
  "GreaterEqual",
  "Less",
  "LessEqual",
  "LogicalAnd",
  "LogicalOr",
  "NotEqual",
];

/** From narrow to wide. */
const WIDTH: readonly DataType[] = ["bool", "int32", "float32"];

const binary =
  (dtype?: DataType): Infer =>
  (inputs) => {
    const a = inputs["a"] ?? inputs["x"]; // Prelu's are x and alpha
    const b = inputs["b"] ?? inputs["alpha"];
    return { shape: broadcast(a, b), dtype: dtype ?? a.dtype };
  };

export const ELEMENTWISE: Rules = {
  ...rules(UNARY, sameAs("x")),
  ...rules(["Exp", "LeakyRelu"], ({ x }) => retyped(x, "float32")),
  ...rules(["IsFinite", "IsInf", "IsNan", "LogicalNot"], ({ x }) => retyped(x, "bool")),
  ...rules(BINARY, binary()),
  FloorDiv: binary("int32"),
  Prelu: binary("float32"),
  ...rules(COMPARISON, binary("bool")),
  AddN: (inputs) => Object.values(inputs)[0],
  Cast: ({ x }, { dtype }) => retyped(x, plainType(dtype as string)),
  Select: ({ condition, t, e }) => ({
    shape: condition.shape.length > t.shape.length ? condition.shape : t.shape,
    dtype: wider(t, e),
  }),
};

/** The type that holds both. */
function wider(a: ValueSpec, b: ValueSpec): DataType {
  return WIDTH[Math.max(WIDTH.indexOf(a.dtype), WIDTH.indexOf(b.dtype))];
}
