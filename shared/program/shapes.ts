// What each tfjs kernel returns, from what it is given: the shape inference of the recording backend.
import { backend_util, util } from "@tensorflow/tfjs-core";
import type { DataType, ValueSpec } from "./program.ts";

export type Specs = Readonly<Record<string, ValueSpec>>;
/** Attributes as tfjs passes them, before they are checked to be plain data. */
export type Attributes = Readonly<Record<string, unknown>>;
export type Infer = (inputs: Specs, attributes: Attributes) => ValueSpec;

type Pair = [number, number];
type Pad = "same" | "valid" | number;

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
  "Exp",
  "Expm1",
  "Floor",
  "LeakyRelu",
  "Log",
  "Log1p",
  "Neg",
  "Reciprocal",
  "Relu",
  "Relu6",
  "Reverse",
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
  "FloorDiv",
  "Maximum",
  "Minimum",
  "Mod",
  "Multiply",
  "Pow",
  "Prelu",
  "RealDiv",
  "SquaredDifference",
  "Sub",
];
/** Kernels that answer with true or false. */
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
const REDUCTION = ["Max", "Mean", "Min", "Prod", "Sum"];

const sameAs =
  (name: string): Infer =>
  (inputs) =>
    inputs[name];

const broadcast = (a: ValueSpec, b: ValueSpec): number[] =>
  backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);

const reduce: Infer = ({ x }, attributes) => {
  const shape = [...x.shape];
  const axis = (attributes["axis"] ?? attributes["reductionIndices"]) as number | number[];
  const axes = util.parseAxisParam(axis, shape);
  const [kept] = backend_util.computeOutAndReduceShapes(shape, axes);
  return {
    shape: attributes["keepDims"] ? backend_util.expandShapeToKeepDim(kept, axes) : kept,
    dtype: x.dtype,
  };
};

/** Output shapes by kernel. A kernel that is missing here cannot be traced. */
export const SHAPES: ReadonlyMap<string, Infer> = new Map<string, Infer>([
  ...UNARY.map((kernel): [string, Infer] => [kernel, sameAs("x")]),
  ...BINARY.map((kernel): [string, Infer] => [
    kernel,
    (inputs) => {
      const a = inputs["a"] ?? inputs["x"]; // Prelu's are x and alpha
      const b = inputs["b"] ?? inputs["alpha"];
      return { shape: broadcast(a, b), dtype: a.dtype };
    },
  ]),
  ...COMPARISON.map((kernel): [string, Infer] => [
    kernel,
    ({ a, b }) => ({ shape: broadcast(a, b), dtype: "bool" }),
  ]),
  ...REDUCTION.map((kernel): [string, Infer] => [kernel, reduce]),
  ["LogicalNot", sameAs("x")],
  ["Softmax", sameAs("logits")],
  ["EluGrad", sameAs("dy")],
  ["FusedBatchNorm", sameAs("x")],
  ["Cast", ({ x }, { dtype }) => ({ shape: x.shape, dtype: dtype as DataType })],
  [
    "Select",
    ({ t, condition }) => ({
      shape: condition.shape.length > t.shape.length ? condition.shape : t.shape,
      dtype: t.dtype,
    }),
  ],
  ["AddN", (inputs) => Object.values(inputs)[0]],
  ["BatchMatMul", matMul],
  ["Conv2D", convolution],
  ["Conv2DBackpropInput", ({ dy }, { inputShape }) => ({ shape: inputShape as number[], dtype: dy.dtype })],
  [
    "Conv2DBackpropFilter",
    ({ dy }, { filterShape }) => ({ shape: filterShape as number[], dtype: dy.dtype }),
  ],
  ["MaxPool", pool],
  ["AvgPool", pool],
  ["MaxPoolGrad", sameAs("input")],
  ["AvgPoolGrad", sameAs("input")],
  [
    "Reshape",
    ({ x }, { shape }) =>
      reshaped(x, util.inferFromImplicitShape(shape as number[], util.sizeFromShape([...x.shape]))),
  ],
  [
    "ExpandDims",
    ({ input }, { dim }) =>
      reshaped(input, input.shape.toSpliced(wrap(dim as number, input.shape.length + 1), 0, 1)),
  ],
  [
    "Transpose",
    ({ x }, { perm }) =>
      reshaped(
        x,
        (perm as number[]).map((axis) => x.shape[axis]),
      ),
  ],
  [
    "Tile",
    ({ x }, { reps }) =>
      reshaped(
        x,
        x.shape.map((size, i) => size * (reps as number[])[i]),
      ),
  ],
  ["Slice", ({ x }, { begin, size }) => reshaped(x, sliceSize(x.shape, begin as number[], size as number[]))],
  [
    "PadV2",
    ({ x }, { paddings }) =>
      reshaped(
        x,
        x.shape.map((size, i) => size + (paddings as Pair[])[i][0] + (paddings as Pair[])[i][1]),
      ),
  ],
  ["Concat", (inputs, { axis }) => concatenated(Object.values(inputs), axis as number)],
]);

/** Full begin and size of a tfjs Slice, where -1 means "to the end". */
export function sliceSize(
  shape: readonly number[],
  begin: readonly number[],
  size: readonly number[],
): number[] {
  return size.map((length, i) => (length === -1 ? shape[i] - begin[i] : length));
}

/** The 2-D convolution that a kernel's attributes describe, NHWC. */
export function convolutionOf(
  input: readonly number[],
  filter: readonly number[],
  attributes: Attributes,
): backend_util.Conv2DInfo {
  return backend_util.computeConv2DInfo(
    input as [number, number, number, number],
    filter as [number, number, number, number],
    attributes["strides"] as Pair,
    (attributes["dilations"] ?? 1) as Pair,
    attributes["pad"] as Pad,
    attributes["dimRoundingMode"] as "floor" | undefined,
    false,
    "channelsLast",
  );
}

/** The 2-D pooling that a kernel's attributes describe, NHWC. */
export function poolingOf(input: readonly number[], attributes: Attributes): backend_util.Conv2DInfo {
  return backend_util.computePool2DInfo(
    input as [number, number, number, number],
    attributes["filterSize"] as Pair,
    attributes["strides"] as Pair,
    1,
    attributes["pad"] as Pad,
    attributes["dimRoundingMode"] as "floor" | undefined,
  );
}

function convolution({ x, filter }: Specs, attributes: Attributes): ValueSpec {
  return { shape: convolutionOf(x.shape, filter.shape, attributes).outShape, dtype: x.dtype };
}

function pool({ x }: Specs, attributes: Attributes): ValueSpec {
  return { shape: poolingOf(x.shape, attributes).outShape, dtype: x.dtype };
}

function matMul({ a, b }: Specs, { transposeA, transposeB }: Attributes): ValueSpec {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return { shape: [...batch, rows, columns], dtype: a.dtype };
}

function concatenated(inputs: readonly ValueSpec[], axis: number): ValueSpec {
  const shapes = inputs.map(({ shape }) => [...shape]);
  return {
    shape: backend_util.computeOutShape(shapes, wrap(axis, shapes[0].length)),
    dtype: inputs[0].dtype,
  };
}

function reshaped({ dtype }: ValueSpec, shape: readonly number[]): ValueSpec {
  return { shape, dtype };
}

function wrap(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
