// Steady inputs on a GPU: weights travel there once a version, not once a shard.
import type { OnnxGraph, OnnxPort } from "../onnx.ts";

const PREFIX = "on device/";

/** The name under which `main` takes what a prefix makes. */
export const heldName = (output: string): string =>
  output.startsWith(PREFIX) ? output.slice(PREFIX.length) : output;

/**
 * A graph for each group of inputs, of those that are used, which does nothing but copy them: the binding makes no tensor
 * on a device but as an output.
 */
export function copiesOf(
  { inputs }: OnnxGraph,
  groups: readonly (readonly string[])[],
  used: readonly string[],
): OnnxGraph[] {
  return groups
    .map((names) => inputs.filter(({ name }) => names.includes(name) && used.includes(name)))
    .filter((ports) => ports.length > 0)
    .map(copyOf);
}

function copyOf(inputs: readonly OnnxPort[]): OnnxGraph {
  const outputs = inputs.map((port) => ({ ...port, name: `${PREFIX}${port.name}` }));
  const nodes = inputs.map(({ name }, i) => ({
    op: "Identity",
    inputs: [name],
    outputs: [outputs[i].name],
    attributes: {},
  }));
  return { nodes, exact: new Set(), initializers: [], inputs, outputs };
}
