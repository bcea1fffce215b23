// Types and shapes of what operators make, checked by hand.
import { describe, expect, test } from "vitest";
import type { OnnxAttribute, OnnxNode } from "../../../../../../worker/engine/graph/onnx.ts";
import { type Spec, specOf } from "../../../../../../worker/engine/graph/prefix/specs.ts";

const floats = (...shape: number[]): Spec => ({ type: "float32", shape });

function ints(...values: number[]): Spec {
  const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  const shape = [values.length];
  return { type: "int64", shape, constant: { name: "constant", type: "int64", shape, data } };
}

function made(
  op: string,
  inputs: readonly Spec[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): Spec | null {
  const node: OnnxNode = { op, inputs: inputs.map((_, i) => `${i}`), outputs: ["out"], attributes };
  return specOf(node, inputs);
}

describe("the shape of", () => {
  test.each<[string, Spec | null, number[]]>([
    ["a sum over axes", made("ReduceSum", [floats(2, 3, 4), ints(0, -1)], { keepdims: { int: 0 } }), [3]],
    [
      "a sum that keeps them",
      made("ReduceSum", [floats(2, 3, 4), ints(1)], { keepdims: { int: 1 } }),
      [2, 1, 4],
    ],
    ["a mean", made("ReduceMean", [floats(2, 3)], { axes: { ints: [1] }, keepdims: { int: 1 } }), [2, 1]],
    ["broadcast operands", made("Add", [floats(3, 1), floats(2, 1, 4)]), [2, 3, 4]],
    ["an operand broadcast over no elements", made("Mul", [floats(0, 3), floats(1, 1)]), [0, 3]],
    ["products of matrices in batches", made("MatMul", [floats(5, 1, 2, 3), floats(4, 3, 7)]), [5, 4, 2, 7]],
    [
      "a turned product",
      made("Gemm", [floats(3, 2), floats(7, 3)], { transA: { int: 1 }, transB: { int: 1 } }),
      [2, 7],
    ],
    ["every second element", made("Slice", [floats(2, 9), ints(1), ints(8), ints(1), ints(2)]), [2, 4]],
    ["a slice past the end", made("Slice", [floats(9), ints(4), ints(99), ints(0), ints(1)]), [5]],
    ["what is padded", made("Pad", [floats(2, 3), ints(1, 0, 0, 2)]), [3, 5]],
    [
      "what is joined along the last axis",
      made("Concat", [floats(2, 3), floats(2, 4)], { axis: { int: -1 } }),
      [2, 7],
    ],
    ["what is joined", made("Concat", [floats(2, 3), floats(2, 4)], { axis: { int: 1 } }), [2, 7]],
    ["what is repeated", made("Tile", [floats(2, 3), ints(2, 1)]), [4, 3]],
    ["what is turned", made("Transpose", [floats(2, 3, 4)], { perm: { ints: [2, 0, 1] } }), [4, 2, 3]],
    ["another view", made("Reshape", [floats(2, 6), ints(3, 4)]), [3, 4]],
    ["a value spread", made("Expand", [floats(3, 1), ints(2, 1, 4)]), [2, 3, 4]],
  ])("%s", (_what, spec, shape) => {
    expect(spec).toMatchObject({ type: "float32", shape });
  });
});

test("comparisons make truth values, and casts what they are told", () => {
  expect(made("Greater", [floats(2), floats(1)])).toEqual({ type: "bool", shape: [2] });
  expect(made("Cast", [floats(2)], { to: { int: 6 } })).toEqual({ type: "int32", shape: [2] });
  expect(made("Where", [{ type: "bool", shape: [2, 1] }, floats(1), floats(3)])).toEqual(floats(2, 3));
});

test("what is not known here has no shape: it is computed in every run", () => {
  expect(made("NonZero", [floats(2)])).toBeNull();
  expect(made("Reshape", [floats(2), floats(1)])).toBeNull(); // to a shape that is computed
  expect(made("Slice", [floats(9), ints(-1), ints(-99), ints(0), ints(-1)])).toBeNull(); // backwards
  expect(made("MatMul", [floats(3), floats(3, 2)])).toBeNull();
});
