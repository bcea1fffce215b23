// The matrix products and transposes in a graph that a lowering has built, with their shapes.
import { sizeOf } from "../../../../../../shared/program/program.ts";
import { fusedTransposes } from "../../../fused-transposes.ts";
import type { OnnxGraph, OnnxNode } from "../../../onnx.ts";

/** `products` times [rows, inner]·[inner, columns]. */
export interface ProductCall {
  readonly kind: "product";
  readonly products: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** Elements of the operands, each counted once however often it is broadcast. */
  readonly left: number;
  readonly right: number;
  /** Operands that lie the other way round: ONNX Runtime fuses their transposes with the product. */
  readonly turned: { readonly left: boolean; readonly right: boolean };
}

export interface TransposeCall {
  readonly kind: "transpose";
  readonly elements: number;
  /** Elements that stay in a row: whole vectors are copied. 1 where the last axis moves. */
  readonly vector: number;
}

export type GraphCall = ProductCall | TransposeCall;

type Shape = readonly number[];

/**
 * The calls by the names of their results, in the order in which they run. Operators that a tiled convolution has no use
 * for are an error: they have no price.
 */
export function callsOf(
  graph: OnnxGraph,
): ReadonlyMap<string, { readonly node: OnnxNode; readonly call: GraphCall | null }> {
  const shapes = new Map<string, Shape>();
  const numbers = new Map<string, Shape>();
  for (const { name, shape } of graph.inputs) shapes.set(name, shape.map(Number));
  for (const { name, type, shape, data } of graph.initializers) {
    shapes.set(name, shape);
    if (type === "int64") numbers.set(name, int64s(data));
  }
  const fused = fusedTransposes(graph);
  const calls = new Map<string, { node: OnnxNode; call: GraphCall | null }>();
  for (const node of graph.nodes) {
    const [first, second] = node.inputs;
    const [from, result] = [shapes.get(first)!, node.outputs[0]];
    let call: GraphCall | null = null;
    switch (node.op) {
      case "Identity":
        shapes.set(result, from);
        break;
      case "Reshape":
        shapes.set(result, numbers.get(second)!);
        break;
      case "Transpose": {
        const { ints: permutation } = node.attributes["perm"] as { readonly ints: Shape };
        shapes.set(
          result,
          permutation.map((axis) => from[axis]),
        );
        if (!fused.has(result))
          call = { kind: "transpose", elements: sizeOf(from), vector: vectorOf(from, permutation) };
        break;
      }
      case "MatMul": {
        const right = shapes.get(second)!;
        call = productOf(from, right, { left: fused.has(first), right: fused.has(second) });
        shapes.set(result, [...broadcast(from.slice(0, -2), right.slice(0, -2)), call.rows, call.columns]);
        break;
      }
      default:
        throw new Error(`a tiled convolution has no ${node.op}`);
    }
    calls.set(result, { node, call });
  }
  return calls;
}

/** `left` and `right` as they are multiplied. */
export function productOf(left: Shape, right: Shape, turned: ProductCall["turned"]): ProductCall {
  return {
    kind: "product",
    products: sizeOf(broadcast(left.slice(0, -2), right.slice(0, -2))),
    rows: left.at(-2)!,
    inner: left.at(-1)!,
    columns: right.at(-1)!,
    left: sizeOf(left),
    right: sizeOf(right),
    turned,
  };
}

function broadcast(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Shape, axis: number): number => shape[axis - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => Math.max(at(a, axis), at(b, axis)));
}

function vectorOf(shape: Shape, permutation: Shape): number {
  let vector = 1;
  for (let axis = shape.length - 1; axis >= 0 && permutation[axis] === axis; axis--) vector *= shape[axis];
  return vector;
}

function int64s(data: Uint8Array): number[] {
  return Array.from(new BigInt64Array(data.buffer, data.byteOffset, data.byteLength / 8), Number);
}
