// Transposes that ONNX Runtime makes part of the matrix product that reads them.
import type { OnnxGraph } from "./onnx.ts";

/**
 * The results of transposes of the last two axes that nothing but products read: they are never written. A product rounds
 * differently where its operand is transposed by itself, so whoever cuts a graph leaves the two together.
 */
export function fusedTransposes({ nodes, outputs }: OnnxGraph): ReadonlySet<string> {
  const others = new Set(outputs.map(({ name }) => name));
  for (const { op, inputs } of nodes) if (op !== "MatMul") for (const name of inputs) others.add(name);
  const fused = new Set<string>();
  for (const { op, attributes, outputs: results } of nodes) {
    const permutation = attributes["perm"];
    if (op !== "Transpose" || !permutation || !("ints" in permutation) || others.has(results[0])) continue;
    if (swapsLastTwo(permutation.ints)) fused.add(results[0]);
  }
  return fused;
}

function swapsLastTwo(permutation: readonly number[]): boolean {
  const last = permutation.length - 1;
  return permutation.every((from, axis) => from === (axis < last - 1 ? axis : 2 * last - 1 - axis));
}
