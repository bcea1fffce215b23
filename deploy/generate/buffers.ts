// Arrays for a program's ports, with the weights in theirs.
import { type Program, arraysFor } from "../../shared/program/program.ts";
import { type Layout, viewOf } from "../../shared/protocol/layout.ts";

type Arrays = Record<string, Float32Array>;

/** `weights` is [P] of the layout, which may have more than the program takes. */
export function buffersFor(
  program: Program,
  layout: Layout,
  weights: Float32Array,
): { readonly inputs: Arrays; readonly outputs: Arrays } {
  const inputs = arraysFor(program, program.inputs);
  for (const slot of layout.slots) inputs[slot.name]?.set(viewOf(weights, slot));
  return { inputs, outputs: arraysFor(program, program.outputs) };
}
