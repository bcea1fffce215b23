// The type and shape of every value of a lowered graph, by the shape rules of the ONNX operators.
import { sizeOf } from "../../../../shared/program/program.ts";
import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxType } from "../onnx.ts";
import { ONNX_TYPE } from "../onnx.ts";
import { convolved, pooled, transposedConvolution } from "./window-shapes.ts";

export interface ValueType {
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

type Shape = readonly number[];

/** What a rule may look at: shapes and types of the inputs, integers of constant ones, attributes. */
export interface NodeView {
  readonly node: OnnxNode;
  readonly inputs: readonly ValueType[];
  /** Of a constant int64 input; undefined where there is none. */
  readonly ints: (index: number) => readonly number[] | undefined;
  readonly int: (attribute: string, otherwise: number) => number;
  readonly list: (attribute: string) => readonly number[] | undefined;
}

const BYTES: Readonly<Record<OnnxType, number>> = { float32: 4, uint8: 1, int32: 4, int64: 8, bool: 1 };

export function bytesOf({ type, shape }: ValueType): number {
  return sizeOf(shape) * BYTES[type];
}

/**
 * By name. What no rule is for has the broadcast shape of its inputs, which holds for everything element by element.
 *
 * @throws RangeError where a graph's input has a free dimension
 */
export function valueTypes({ nodes, initializers, inputs }: OnnxGraph): ReadonlyMap<string, ValueType> {
  const known = new Map<string, ValueType>();
  const constants = new Map(initializers.map((tensor) => [tensor.name, tensor]));
  for (const { name, type, shape } of initializers) known.set(name, { type, shape });
  for (const { name, type, shape } of inputs) known.set(name, { type, shape: shape.map(fixed) });
  for (const node of nodes) {
    const types = typesOf(viewOf(node, known, constants));
    node.outputs.forEach((output, i) => known.set(output, types[i] ?? types[0]));
  }
  return known;
}

function fixed(dimension: number | string): number {
  if (typeof dimension === "number") return dimension;
  throw new RangeError(`the dimension ${dimension} is free: only a graph of fixed shapes can be measured`);
}

function viewOf(
  node: OnnxNode,
  known: ReadonlyMap<string, ValueType>,
  constants: ReadonlyMap<string, OnnxTensor>,
): NodeView {
  const attribute = (name: string): OnnxNode["attributes"][string] | undefined => node.attributes[name];
  return {
    node,
    inputs: node.inputs.map((name) => known.get(name)!),
    ints: (index) => integersOf(constants.get(node.inputs[index])),
    int(name, otherwise) {
      const found = attribute(name);
      return found && "int" in found ? found.int : otherwise;
    },
    list(name) {
      const found = attribute(name);
      return found && "ints" in found ? found.ints : undefined;
    },
  };
}

function integersOf(tensor: OnnxTensor | undefined): readonly number[] | undefined {
  if (tensor?.type !== "int64") return undefined;
  const copy = new Uint8Array(tensor.data).buffer; // aligned
  return [...new BigInt64Array(copy)].map(Number);
}

/** Operators whose first output is of another type than their first input. */
function typeOf({ node, inputs, int }: NodeView): OnnxType {
  switch (node.op) {
    case "Cast": {
      const to = int("to", ONNX_TYPE.float32);
      return (Object.keys(ONNX_TYPE) as OnnxType[]).find((name) => ONNX_TYPE[name] === to)!;
    }
    case "Equal":
    case "Greater":
    case "GreaterOrEqual":
    case "Less":
    case "LessOrEqual":
    case "IsNaN":
    case "IsInf":
      return "bool";
    case "Where":
      return inputs[1].type;
    case "ArgMax":
    case "ArgMin":
      return "int64";
    case "ConstantOfShape":
      return "float32";
    default:
      return inputs[0].type;
  }
}

function typesOf(view: NodeView): readonly ValueType[] {
  const type = typeOf(view);
  const rule = RULES[view.node.op];
  if (rule) return [{ type, shape: rule(view) }];
  switch (view.node.op) {
    case "MaxPool":
    case "AveragePool": {
      const shape = pooled(view);
      return [
        { type, shape },
        { type: "int64", shape },
      ];
    }
    case "TopK": {
      const { shape } = view.inputs[0];
      const axis = positive(view.int("axis", -1), shape.length);
      const chosen = shape.map((size, i) => (i === axis ? view.ints(1)![0] : size));
      return [
        { type, shape: chosen },
        { type: "int64", shape: chosen },
      ];
    }
    default:
      return [{ type, shape: view.inputs.map(({ shape }) => shape).reduce(broadcast) }];
  }
}

const first = ({ inputs }: NodeView): Shape => inputs[0].shape;

const RULES: Readonly<Record<string, (view: NodeView) => Shape>> = {
  Concat({ inputs, int }) {
    const axis = positive(int("axis", 0), inputs[0].shape.length);
    const length = inputs.reduce((sum, { shape }) => sum + shape[axis], 0);
    return inputs[0].shape.map((size, i) => (i === axis ? length : size));
  },
  ConstantOfShape: ({ ints }) => ints(0)!,
  Conv: convolved,
  ConvTranspose: transposedConvolution,
  CumSum: first,
  Expand: (view) => broadcast(first(view), view.ints(1)!),
  Gather({ inputs: [data, indices], int }) {
    const axis = positive(int("axis", 0), data.shape.length);
    return [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
  },
  Gemm({ inputs: [a, b], int }) {
    return [a.shape[int("transA", 0)], b.shape[1 - int("transB", 0)]];
  },
  MatMul: ({ inputs: [a, b] }) => [
    ...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)),
    a.shape.at(-2)!,
    b.shape.at(-1)!,
  ],
  Pad(view) {
    const pads = view.ints(1)!;
    return first(view).map((size, i) => size + pads[i] + pads[i + pads.length / 2]);
  },
  Reshape(view) {
    const from = first(view);
    const wanted = view
      .ints(1)!
      .map((size, i) => (size === 0 && view.int("allowzero", 0) === 0 ? from[i] : size));
    const known = wanted.filter((size) => size !== -1);
    return wanted.map((size) => (size === -1 ? sizeOf(from) / sizeOf(known) : size));
  },
  ScatterElements: first,
  ScatterND: first,
  Slice(view) {
    const from = first(view);
    const [starts, ends, axes, steps] = [1, 2, 3, 4].map((i) => view.ints(i));
    const sizes = [...from];
    for (const [i, start] of starts!.entries()) {
      const axis = positive(axes?.[i] ?? i, from.length);
      const step = steps?.[i] ?? 1;
      const clamp = (at: number): number =>
        Math.min(Math.max(at < 0 ? at + from[axis] : at, step < 0 ? -1 : 0), from[axis] - (step < 0 ? 1 : 0));
      const end = step < 0 && ends![i] < -from[axis] ? -1 : clamp(ends![i]);
      sizes[axis] = Math.max(0, Math.ceil((end - clamp(start)) / step));
    }
    return sizes;
  },
  Softmax: first,
  Tile: (view) => first(view).map((size, i) => size * view.ints(1)![i]),
  Transpose(view) {
    const from = first(view);
    return (view.list("perm") ?? from.map((_, i) => from.length - 1 - i)).map((axis) => from[axis]);
  },
  ...Object.fromEntries(["Sum", "Mean", "Max", "Min", "Prod"].map((name) => [`Reduce${name}`, reduced])),
  ArgMax: placed,
  ArgMin: placed,
};

function reduced(view: NodeView): Shape {
  const axes = view.list("axes") ?? view.ints(1) ?? first(view).map((_, i) => i);
  return without(first(view), axes, view.int("keepdims", 1) === 1);
}

function placed(view: NodeView): Shape {
  return without(first(view), [view.int("axis", 0)], view.int("keepdims", 1) === 1);
}

function without(shape: Shape, axes: readonly number[], keeps: boolean): Shape {
  const gone = new Set(axes.map((axis) => positive(axis, shape.length)));
  return keeps ? shape.map((size, i) => (gone.has(i) ? 1 : size)) : shape.filter((_, i) => !gone.has(i));
}

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Aligned at their last axes, sizes of 1 stretch. */
function broadcast(a: Shape, b: Shape): Shape {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const offset = long.length - short.length;
  return long.map((size, i) => (i < offset ? size : size === 1 ? short[i - offset] : size));
}
