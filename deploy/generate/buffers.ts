// Arrays for a program's ports, with the weights in theirs.
import { type Program, arraysFor } from "../../shared/program/program.ts";
import { type Layout, viewOf } from "../../shared/protocol/layout.ts";
import { byNetwork } from "../../shared/protocol/slot-names.ts";

type Arrays = Record<string, Float32Array>;

/** `weights` is [P] of the layout, which may have more than the program takes. They are not to change afterwards. */
export function buffersFor(
  program: Program,
  layout: Layout,
  weights: Float32Array,
): { readonly inputs: Arrays; readonly outputs: Arrays; readonly steady: string[][] } {
  const inputs = arraysFor(program, program.inputs);
  const taken = layout.slots.filter(({ name }) => inputs[name] !== undefined);
  for (const slot of taken) inputs[slot.name].set(viewOf(weights, slot));
  const steady = byNetwork(taken.map(({ name }) => name));
  return { inputs, outputs: arraysFor(program, program.outputs), steady };
}
