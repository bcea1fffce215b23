// The order in which ONNX Runtime executes the nodes of a graph.
import type { OnnxGraph, OnnxNode } from "../onnx.ts";

/**
 * Depth first from the nodes whose outputs nobody reads, later ones first, and each after its inputs, again later ones
 * first (GraphViewer's default order): what ONNX Runtime does whatever the order of the nodes in the file, except that
 * "later" means later in it. Copies that only name a result are gone by then.
 */
export function executionOrder({ nodes }: Pick<OnnxGraph, "nodes">): readonly OnnxNode[] {
  const producers = new Map<string, number>();
  for (const [i, { outputs }] of nodes.entries()) for (const output of outputs) producers.set(output, i);
  const dependencies = nodes.map(({ inputs }) =>
    [...new Set(inputs.map((input) => producers.get(input)).filter((i) => i !== undefined))].sort(
      (a, b) => a - b,
    ),
  );
  const read = new Set(dependencies.flat());
  const stack = nodes
    .map((_, i) => i)
    .filter((i) => !read.has(i))
    .map((node) => ({ node, isDone: false }));
  const visited = new Set<number>();
  const order: OnnxNode[] = [];
  for (let top = stack.pop(); top; top = stack.pop()) {
    if (top.isDone) order.push(nodes[top.node]);
    else if (!visited.has(top.node)) {
      visited.add(top.node);
      stack.push({ node: top.node, isDone: true });
      for (const node of dependencies[top.node]) if (!visited.has(node)) stack.push({ node, isDone: false });
    }
  }
  return order;
}
