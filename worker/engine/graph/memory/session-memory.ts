// What a session of ONNX Runtime takes for a graph, predicted from the graph alone.
import type { OnnxGraph } from "../onnx.ts";
import { allocations } from "./allocations.ts";
import { arenaBytes } from "./arena.ts";
import { executionOrder } from "./execution-order.ts";
import { asExecuted } from "./as-executed.ts";
import { bytesOf, valueTypes } from "./value-shapes.ts";

export interface SessionMemory {
  /** What its runs compute with, bytes: the arena, which keeps what it once took. */
  readonly values: number;
  readonly constants: number;
}

/** A pure function of the graph. Inputs and outputs are the caller's, and not counted. */
export function sessionMemory(graph: OnnxGraph): SessionMemory {
  const types = valueTypes(graph);
  const executed = asExecuted(graph);
  const turns = allocations(executed, executionOrder(executed), types);
  return {
    values: arenaBytes(turns),
    constants: executed.initializers.reduce((sum, { name }) => sum + bytesOf(types.get(name)!), 0),
  };
}
