// Over axes: reductions, running sums, the largest elements and where they are, matrix products.
import { backend_util, util } from "../tfjs-core.ts";
import type { DataType, ValueSpec } from "../program.ts";
import {
  type Attributes,
  type Infer,
  type Rules,
  type Specs,
  reshaped,
  retyped,
  rules,
  sameAs,
} from "./infer.ts";

export const REDUCTIONS: Rules = {
  ...rules(["Max", "Min"], reduce()),
  ...rules(["Prod", "Sum"], reduce("int32")),
  Mean: (inputs, attributes) => retyped(reduce()(inputs, attributes) as ValueSpec, "float32"),
  ...rules(["ArgMax", "ArgMin"], (inputs, attributes) =>
    retyped(reduce()(inputs, attributes) as ValueSpec, "int32"),
  ),
  Cumsum: ({ x }) => retyped(x, countable(x.dtype)),
  Softmax: sameAs("logits"),
  FusedBatchNorm: sameAs("x"),
  TopK: ({ x }, { k }) => {
    const shape = [...x.shape.slice(0, -1), k as number];
    return [reshaped(x, shape), { shape, dtype: "int32" }];
  },
  BatchMatMul: matMul,
};

/** `bools`: what truth values become, where they are counted. */
function reduce(bools: DataType = "bool"): Infer {
  return ({ x }, attributes) => {
    const shape = [...x.shape];
    const axis = (attributes["axis"] ?? attributes["reductionIndices"]) as number | number[];
    const axes = util.parseAxisParam(axis, shape);
    const [kept] = backend_util.computeOutAndReduceShapes(shape, axes);
    return {
      shape: attributes["keepDims"] ? backend_util.expandShapeToKeepDim(kept, axes) : kept,
      dtype: x.dtype === "bool" ? bools : x.dtype,
    };
  };
}

function countable(dtype: DataType): DataType {
  return dtype === "bool" ? "int32" : dtype;
}

function matMul({ a, b }: Specs, { transposeA, transposeB }: Attributes): ValueSpec {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const [across, down] = [a.shape.at(transposeA ? -2 : -1)!, b.shape.at(transposeB ? -1 : -2)!];
  if (across !== down) {
    throw new RangeError(
      `matMul of [${a.shape.join(", ")}]${transposeA ? " (transposed)" : ""} and [${b.shape.join(", ")}]${transposeB ? " (transposed)" : ""}: rows of ${across} do not meet columns of ${down}`,
    );
  }
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return { shape: [...batch, rows, columns], dtype: a.dtype };
}
