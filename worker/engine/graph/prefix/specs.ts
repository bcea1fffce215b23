// Type and shape of what an ONNX node makes: of those operators that a program applies to its weights.
import { ONNX_TYPE, type OnnxNode, type OnnxTensor, type OnnxType } from "../onnx.ts";

/** Of an ONNX value; the data of a constant. */
export interface Spec {
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly constant?: OnnxTensor;
}

type Rule = (inputs: readonly Spec[], node: OnnxNode) => Spec | null;

/** Of the node's one output; null for an operator, or a form of it, that is not known here. */
export function specOf(node: OnnxNode, inputs: readonly Spec[]): Spec | null {
  return node.outputs.length === 1 ? (RULES[node.op]?.(inputs, node) ?? null) : null;
}

const same: Rule = ([{ type, shape }]) => ({ type, shape });
const spread: Rule = (inputs) => broadcast(inputs[0].type, inputs);
const compared: Rule = (inputs) => broadcast("bool", inputs);

const RULES: Readonly<Record<string, Rule>> = {
  ...ruled(same, ["Abs", "Clip", "Elu", "Exp", "Floor", "Identity", "LeakyRelu", "Neg", "Not", "Reciprocal"]),
  ...ruled(same, ["Relu", "Selu", "Sigmoid", "Softmax", "Sqrt", "Tanh"]),
  ...ruled(spread, ["Add", "And", "Div", "Max", "Min", "Mod", "Mul", "Or", "Pow", "Sub"]),
  ...ruled(compared, ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"]),
  ...ruled(reduced, ["ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"]),
  Cast: ([{ shape }], node) => {
    const type = typeOf(intOf(node, "to", 0));
    return type && { type, shape };
  },
  Concat: (inputs, node) => {
    const [{ type, shape }] = inputs;
    const given = intOf(node, "axis", 0);
    const axis = given < 0 ? given + shape.length : given;
    const size = inputs.reduce((sum, input) => sum + input.shape[axis], 0);
    return { type, shape: shape.with(axis, size) };
  },
  Expand: ([{ type, shape }, to]) => {
    const wanted = intsOf(to);
    return (
      wanted &&
      broadcast(type, [
        { type, shape },
        { type, shape: wanted },
      ])
    );
  },
  Gemm: ([a, b], node) => {
    const [turnedA, turnedB] = [intOf(node, "transA", 0) === 1, intOf(node, "transB", 0) === 1];
    return { type: a.type, shape: [a.shape[turnedA ? 1 : 0], b.shape[turnedB ? 0 : 1]] };
  },
  MatMul: ([a, b]) => {
    if (a.shape.length < 2 || b.shape.length < 2) return null;
    const lead = broadcast(
      a.type,
      [a, b].map(({ type, shape }) => ({ type, shape: shape.slice(0, -2) })),
    );
    return { type: a.type, shape: [...lead.shape, a.shape.at(-2)!, b.shape.at(-1)!] };
  },
  Pad: ([{ type, shape }, by]) => {
    const pads = intsOf(by);
    return pads && { type, shape: shape.map((size, i) => size + pads[i] + pads[i + shape.length]) };
  },
  Reshape: ([{ type }, to]) => {
    const shape = intsOf(to);
    return shape && { type, shape };
  },
  Slice: ([{ type, shape }, ...bounds]) => {
    const [starts, ends, axes, steps] = bounds.map(intsOf);
    if (!starts || !ends || !axes || !steps) return null;
    if ([...starts, ...ends].some((bound) => bound < 0) || steps.some((step) => step < 1)) return null;
    const sizes = [...shape];
    for (const [i, axis] of axes.entries())
      sizes[axis] = Math.max(0, Math.ceil((Math.min(ends[i], shape[axis]) - starts[i]) / steps[i]));
    return { type, shape: sizes };
  },
  Tile: ([{ type, shape }, by]) => {
    const repeats = intsOf(by);
    return repeats && { type, shape: shape.map((size, axis) => size * repeats[axis]) };
  },
  Transpose: ([{ type, shape }], node) => {
    const order = attributeOf(node, "perm");
    return order && { type, shape: order.map((axis) => shape[axis]) };
  },
  Where: (inputs) => broadcast(inputs[1].type, inputs),
};

function ruled(rule: Rule, ops: readonly string[]): Record<string, Rule> {
  return Object.fromEntries(ops.map((op) => [op, rule]));
}

function broadcast(type: OnnxType, inputs: readonly Spec[]): Spec {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const along = (axis: number): number =>
    inputs
      .map(({ shape }) => shape[axis - rank + shape.length] ?? 1)
      .reduce((size, next) => (size === 1 ? next : size));
  return { type, shape: Array.from({ length: rank }, (_, axis) => along(axis)) };
}

/** Opset 17 takes the axes of ReduceSum as an input, of all others as an attribute. */
function reduced([{ type, shape }, given]: readonly Spec[], node: OnnxNode): Spec | null {
  const axes = given ? intsOf(given) : attributeOf(node, "axes");
  if (!axes) return null;
  const gone = new Set(axes.map((axis) => (axis + shape.length) % shape.length));
  return intOf(node, "keepdims", 1) === 1
    ? { type, shape: shape.map((size, axis) => (gone.has(axis) ? 1 : size)) }
    : { type, shape: shape.filter((_, axis) => !gone.has(axis)) };
}

/** The numbers of an int64 constant. */
function intsOf({ constant }: Spec): number[] | null {
  if (constant?.type !== "int64") return null;
  const { buffer, byteOffset, byteLength } = constant.data;
  const view = new DataView(buffer, byteOffset, byteLength);
  return Array.from({ length: byteLength / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
}

function attributeOf({ attributes }: OnnxNode, name: string): readonly number[] | null {
  const attribute = attributes[name];
  return attribute && "ints" in attribute ? attribute.ints : null;
}

function intOf({ attributes }: OnnxNode, name: string, otherwise: number): number {
  const attribute = attributes[name];
  return attribute && "int" in attribute ? attribute.int : otherwise;
}

function typeOf(number: number): OnnxType | null {
  const entry = Object.entries(ONNX_TYPE).find(([, value]) => value === number);
  return entry ? (entry[0] as OnnxType) : null;
}
