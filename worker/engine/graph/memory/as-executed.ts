// A graph as ONNX Runtime's optimizer leaves it, as far as memory is concerned.
import { fusedTransposes } from "../fused-transposes.ts";
import type { OnnxGraph, OnnxNode } from "../onnx.ts";

/** Copies that only name a result are gone, and transposed operands are read where they lie (FusedMatMul). */
export function asExecuted(graph: OnnxGraph): OnnxGraph {
  return withoutFusedTransposes(withoutNames(graph));
}

function readersOf(nodes: readonly OnnxNode[]): ReadonlyMap<string, readonly OnnxNode[]> {
  const readers = new Map<string, OnnxNode[]>();
  for (const node of nodes)
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node]);
  return readers;
}

/** The only reader of a value being the copy into an output, the value is made there. */
function withoutNames(graph: OnnxGraph): OnnxGraph {
  const readers = readersOf(graph.nodes);
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const copies = graph.nodes.filter(
    ({ op, inputs }) => op === "Identity" && made.has(inputs[0]) && readers.get(inputs[0])!.length === 1,
  );
  const gone = new Set(copies);
  const names = new Map(copies.map(({ inputs, outputs }) => [inputs[0], outputs[0]]));
  const nodes = graph.nodes
    .filter((node) => !gone.has(node))
    .map((node) => ({ ...node, outputs: node.outputs.map((output) => names.get(output) ?? output) }));
  return { ...graph, nodes };
}

/** Products read the transposed operand where it lies. */
function withoutFusedTransposes(graph: OnnxGraph): OnnxGraph {
  const fused = fusedTransposes(graph);
  const gone = graph.nodes.filter(({ outputs }) => fused.has(outputs[0]));
  const sources = new Map(gone.map(({ inputs, outputs }) => [outputs[0], inputs[0]]));
  const nodes = graph.nodes
    .filter(({ outputs }) => !fused.has(outputs[0]))
    .map((node) => ({ ...node, inputs: node.inputs.map((input) => sources.get(input) ?? input) }));
  return { ...graph, nodes };
}
