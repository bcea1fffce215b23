// When ONNX Runtime allocates and frees the memory of a graph's values, in the order in which it executes the nodes.
import type { OnnxGraph, OnnxNode } from "../onnx.ts";
import { type ValueType, bytesOf } from "./value-shapes.ts";

/** What one node's turn does to memory: blocks by the names of their first values. */
export interface Turn {
  readonly allocates: readonly { readonly block: string; readonly bytes: number }[];
  /** After the node has run. */
  readonly frees: readonly string[];
}

/** Output and input are one memory, always. */
const ALIASES: ReadonlySet<string> = new Set(["Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity"]);

/** Operators whose output may take the memory of their first input at its last use; arithmetic is not among them. */
const IN_PLACE: ReadonlySet<string> = new Set(
  "Clip Elu LeakyRelu Relu Selu Sigmoid Softplus Softsign Tanh".split(" "),
);

/**
 * As its allocation planner decides (AllocationPlanner, single stream, with reuse): an output takes the memory of an
 * input in place where the operator allows it and nobody else reads it; else a block that was freed before, if type
 * and shape are the same, the one freed last first; else a new one. A block that is taken again was never given back:
 * it lasts from its first value to its last, which is why the sum of all blocks can be well over the values alive.
 *
 * Inputs, constants and outputs of the graph are not counted: they are the caller's, or the session's.
 */
export function allocations(
  graph: Pick<OnnxGraph, "inputs" | "outputs" | "initializers">,
  order: readonly OnnxNode[],
  types: ReadonlyMap<string, ValueType>,
): readonly Turn[] {
  const kept = new Set([...graph.inputs, ...graph.outputs, ...graph.initializers].map(({ name }) => name));
  const results = new Set(graph.outputs.map(({ name }) => name));
  const uses = new Map<string, number>();
  for (const { inputs } of order) for (const input of inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  const blocks = new Map<string, string>(); // by value
  const blockOf = (value: string): string => blocks.get(value) ?? value;
  const readers = (block: string): number =>
    kept.has(block) ? Number.POSITIVE_INFINITY : (uses.get(block) ?? 0);
  const sameSpace = (a: string, b: string): boolean => spaceOf(types.get(a)!) === spaceOf(types.get(b)!);

  const begins = new Map<string, number>();
  const ends = new Map<string, number>();
  const free: string[] = []; // the one freed last at the end
  const take = (value: string, block: string): void => {
    blocks.set(value, block);
    uses.set(block, (uses.get(block) ?? 0) + (uses.get(value) ?? 0));
  };
  for (const [turn, node] of order.entries()) {
    for (const output of node.outputs) {
      if (results.has(output)) continue;
      const input = inputTaken(node, output);
      if (input !== undefined) {
        take(output, blockOf(input));
        continue;
      }
      const again =
        types.get(output)!.shape.length === 0 ? -1 : free.findLastIndex((block) => sameSpace(block, output));
      if (again >= 0) take(output, free.splice(again, 1)[0]);
      else begins.set(output, turn);
    }
    for (const block of node.inputs.map(blockOf)) {
      if (kept.has(block)) continue;
      uses.set(block, uses.get(block)! - 1);
      ends.set(block, turn);
      if (uses.get(block) === 0) free.push(block);
    }
    for (const output of node.outputs) {
      const block = blockOf(output);
      if (kept.has(block)) continue;
      ends.set(block, turn);
      if (uses.get(block) === undefined) free.push(block); // nobody reads it
    }
  }
  return turnsOf(order.length, begins, ends, types);

  function inputTaken({ op, inputs: [input] }: OnnxNode, output: string): string | undefined {
    if (ALIASES.has(op)) return input;
    const isLast = IN_PLACE.has(op) && readers(blockOf(input)) === 1 && sameSpace(input, output);
    return isLast ? input : undefined;
  }
}

function spaceOf({ type, shape }: ValueType): string {
  return `${type} ${shape.join("x")}`;
}

function turnsOf(
  count: number,
  begins: ReadonlyMap<string, number>,
  ends: ReadonlyMap<string, number>,
  types: ReadonlyMap<string, ValueType>,
): readonly Turn[] {
  const turns = Array.from({ length: count }, () => ({
    allocates: [] as { block: string; bytes: number }[],
    frees: [] as string[],
  }));
  for (const [block, turn] of begins) {
    turns[turn].allocates.push({ block, bytes: bytesOf(types.get(block)!) });
    turns[ends.get(block)!].frees.push(block);
  }
  return turns;
}
