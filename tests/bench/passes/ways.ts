// What is done between matrix products, each thing in the ways that ONNX Runtime offers.
import type { GraphBuilder } from "../../../worker/engine/graph/graph-builder.ts";
import { ONNX_TYPE } from "../../../worker/engine/graph/onnx.ts";

/** [H, W, B, C], or a number for each channel. */
type Kind = "image" | "channels";

export interface Way {
  readonly name: string;
  readonly inputs: readonly Kind[];
  readonly result: Kind;
  readonly build: (builder: GraphBuilder, names: readonly string[], shape: readonly number[]) => string;
}

type Build = Way["build"];

const image = (name: string, inputs: readonly Kind[], build: Build): Way => ({
  name,
  inputs,
  result: "image",
  build,
});
const channels = (name: string, inputs: readonly Kind[], build: Build): Way => ({
  name,
  inputs,
  result: "channels",
  build,
});
const op =
  (kind: string, attributes = {}): Build =>
  (b, names) =>
    b.node(kind, names, attributes);

/** A number for each channel, once for each sample: [H, W, B·C] and [B·C] have longer rows than [.., C]. */
const tiled =
  (kind: string): Build =>
  (b, [x, v], [height, width, batch, width4]) => {
    const rows = b.reshape(x, [height * width, batch * width4]);
    return b.node(kind, [rows, b.node("Tile", [v, b.ints([batch])])]);
  };

const mask = (b: GraphBuilder, x: string): string =>
  b.node("Cast", [b.node("Greater", [x, b.scalar(0)])], { to: ONNX_TYPE.float32 });
const step = (b: GraphBuilder, x: string): string =>
  b.node("HardSigmoid", [x], { alpha: { float: 3e38 }, beta: { float: 0 } });
const clipped = (b: GraphBuilder, x: string): string => b.node("Clip", [x, b.scalar(0.2), b.scalar(1)]);
const rowsOf = (b: GraphBuilder, x: string, [height, width, batch, count]: readonly number[]): string =>
  b.reshape(x, [height * width * batch, count]);
const onesBy = (b: GraphBuilder, length: number): string =>
  b.tensor("float32", [1, length], new Uint8Array(new Float32Array(length).fill(1).buffer));
const summed: Build = (b, [x], shape) =>
  b.node("MatMul", [onesBy(b, shape[0] * shape[1] * shape[2]), rowsOf(b, x, shape)]);
const summedInTwo: Build = (b, [x], [height, width, batch, count]) => {
  const rows = b.reshape(x, [height * width, batch * count]);
  const once = b.node("MatMul", [onesBy(b, height * width), rows]);
  return b.node("MatMul", [onesBy(b, batch), b.reshape(once, [batch, count])]);
};
const gemm: Build = (b, [x, v, w], shape) => {
  const weights = b.node("Mul", [b.reshape(v, [shape[3], 1]), b.reshape(w, [1, shape[3]])]);
  return b.node("Gemm", [rowsOf(b, x, shape), weights]);
};

const both: readonly Kind[] = ["image", "image"];
const scaled: readonly Kind[] = ["image", "channels"];

export const WAYS: readonly Way[] = [
  image("x + y", both, op("Add")),
  image("x · y", both, op("Mul")),
  image("x + c", scaled, op("Add")),
  image("x + c, c once a sample", scaled, tiled("Add")),
  image("x · c", scaled, op("Mul")),
  image("x · c, c once a sample", scaled, tiled("Mul")),
  image("x ÷ c", scaled, op("Div")),
  image("relu", ["image"], op("Relu")),
  image("leaky relu", ["image"], op("LeakyRelu", { alpha: { float: 0.2 } })),
  image("tanh", ["image"], op("Tanh")),
  image("0.2 · x", ["image"], (b, [x]) => b.node("Mul", [x, b.scalar(0.2)])),
  image("x > 0 as a number: Greater, Cast", ["image"], (b, [x]) => mask(b, x)),
  image("x > 0 as a number: HardSigmoid", ["image"], (b, [x]) => step(b, x)),
  image("slope of leaky relu: Greater, Cast, Clip", ["image"], (b, [x]) => clipped(b, mask(b, x))),
  image("slope of leaky relu: HardSigmoid, Clip", ["image"], (b, [x]) => clipped(b, step(b, x))),
  image("slope of leaky relu: Sign, Clip", ["image"], (b, [x]) => clipped(b, b.node("Sign", [x]))),
  image("slope of leaky relu: Mul, Clip", ["image"], (b, [x]) => clipped(b, b.node("Mul", [x, b.scalar(3e38)]))),
  image("slope of leaky relu: Where of numbers", ["image"], (b, [x]) => b.node("Where", [b.node("Greater", [x, b.scalar(0)]), b.scalar(1), b.scalar(0.2)])),
  channels("Σ x: ReduceSum", ["image"], (b, [x]) => b.node("ReduceSum", [x, b.ints([0, 1, 2])], { keepdims: 0 })),
  channels("Σ x: ReduceMean", ["image"], (b, [x]) => b.node("ReduceMean", [x], { axes: [0, 1, 2], keepdims: 0 })),
  channels("Σ x: MatMul by ones", ["image"], summed),
  channels("Σ x: MatMul by ones, twice", ["image"], summedInTwo),
  channels("Σ x²: Mul, MatMul by ones", ["image"], (b, [x], shape) => summed(b, [b.node("Mul", [x, x])], shape)),
  channels("Σ x²: ReduceSumSquare", ["image"], (b, [x]) => b.node("ReduceSumSquare", [x], { axes: [0, 1, 2], keepdims: 0 })),
  image("x · W", ["image", "channels", "channels"], gemm),
  image("x · W + c: Gemm, Add", ["image", "channels", "channels"], (b, names, shape) => b.node("Add", [gemm(b, names, shape), names[1]])),
  image("x · W + c: Gemm", ["image", "channels", "channels"], (b, [x, v, w], shape) => {
    const weights = b.node("Mul", [b.reshape(v, [shape[3], 1]), b.reshape(w, [1, shape[3]])]);
    return b.node("Gemm", [rowsOf(b, x, shape), weights, v]);
  }),
  image("leaky relu of x · W + c: Gemm, LeakyRelu", ["image", "channels", "channels"], (b, [x, v, w], shape) => {
    const weights = b.node("Mul", [b.reshape(v, [shape[3], 1]), b.reshape(w, [1, shape[3]])]);
    return b.node("LeakyRelu", [b.node("Gemm", [rowsOf(b, x, shape), weights, v])], { alpha: { float: 0.2 } });
  }),
  image("leaky relu of x · W + c: Gemm, Add, LeakyRelu", ["image", "channels", "channels"], (b, names, shape) =>
    b.node("LeakyRelu", [b.node("Add", [gemm(b, names, shape), names[1]])], { alpha: { float: 0.2 } })),
]; // prettier-ignore
