// A whole program as one ONNX graph: kernel by kernel.
import { GanglionError } from "../../../../shared/errors.ts";
import { type Program, isUniform } from "../../../../shared/program/program.ts";
import { GraphBuilder } from "../graph-builder.ts";
import type { OnnxGraph, OnnxType } from "../onnx.ts";
import { activations } from "./activations.ts";
import { convolution } from "./convolution.ts";
import { depthwise } from "./depthwise.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import type { Lowerings, Operand } from "./lowering.ts";
import { matmul } from "./matmul.ts";
import { pooling } from "./pooling.ts";
import { reductions } from "./reductions.ts";
import { shaping } from "./shaping.ts";

/** Every kernel the graph engine knows. */
export const LOWERINGS: Lowerings = {
  ...elementwise,
  ...activations,
  ...reductions,
  ...shaping,
  ...indexing,
  ...matmul,
  ...convolution,
  ...depthwise,
  ...pooling,
};

/** ONNX names: a program may read and write under one name (moving statistics), a graph may not. */
export const inputName = (port: string): string => `in/${port}`;
export const outputName = (port: string): string => `out/${port}`;

/**
 * The program as an ONNX graph, its ports named by `inputName` and `outputName`.
 *
 * @throws GanglionError UNSUPPORTED_KERNEL naming the kernel, the layer and the engines that have it
 */
export function lowerProgram(program: Program): OnnxGraph {
  const builder = new GraphBuilder();
  const names = new Map<number, string>();
  const operand = (value: number): Operand => ({ ...program.values[value], name: names.get(value)! });

  for (const { name, value } of program.inputs)
    names.set(value, builder.input(inputName(name), program.values[value]));
  for (const constant of program.constants) {
    const { shape, dtype } = program.values[constant.value];
    const { buffer, byteOffset, byteLength } = constant.data;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    names.set(
      constant.value,
      isUniform(constant, { shape, dtype })
        ? uniform(builder, dtype, shape, bytes)
        : builder.tensor(dtype, shape, bytes),
    );
  }
  for (const call of program.calls) {
    const lowering = LOWERINGS[call.kernel];
    if (!lowering) {
      throw new GanglionError(
        "UNSUPPORTED_KERNEL",
        `engine graph has no kernel ${call.kernel}${call.origin && `, used by ${call.origin}`}: --engine reference has it`,
      );
    }
    const inputs = Object.fromEntries(
      Object.entries(call.inputs).map(([name, value]) => [name, operand(value)]),
    );
    const output = program.values[call.outputs[0]];
    const results = [lowering(builder, { inputs, attributes: call.attributes, output })].flat();
    call.outputs.forEach((value, i) => names.set(value, results[i]));
  }
  for (const { name, value } of program.outputs)
    builder.output(outputName(name), names.get(value)!, program.values[value]);
  return builder.graph();
}

/** One stored element, spread over the shape when the graph is prepared. */
function uniform(
  builder: GraphBuilder,
  type: OnnxType,
  shape: readonly number[],
  element: Uint8Array,
): string {
  return builder.node("Expand", [builder.tensor(type, [1], element), builder.ints(shape)]);
}
