// A whole program as one ONNX graph: kernel by kernel.
import { GanglionError } from "../../../../shared/errors.ts";
import { type Program, isUniform } from "../../../../shared/program/program.ts";
import { GraphBuilder } from "../graph-builder.ts";
import type { OnnxGraph, OnnxType } from "../onnx.ts";
import { rewriteProgram } from "../rewrite/rewrite.ts";
import { activations } from "./activations.ts";
import { ChannelForms } from "./channel-forms/channel-forms.ts";
import { convolution } from "./convolution/convolution.ts";
import { depthwise } from "./convolution/depthwise.ts";
import { groupedConvolution } from "./convolution/grouped-convolution.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { type MovedCall, elementwiseMoved, reductionMoved } from "./axis-order/order-free.ts";
import type { ImageLowering, ImageOperand, KernelCall, Lowerings, ManyLowering, Hwbc } from "./lowering.ts";
import { matmul } from "./matmul.ts";
import { pixelBlocks } from "./pooling/pixel-blocks.ts";
import { pooling } from "./pooling/pooling.ts";
import { reductions } from "./reductions.ts";
import { shaping } from "./shaping.ts";
import { operandOf } from "./axis-order/hwbc.ts";
import { CPU, type Tuning } from "./convolution/tuning.ts";

/**
 * Raised whenever a program becomes other ONNX calls than before, and so other bits: nodes and resumed runs compare it.
 * 2: convolutions are cut by the prices of their calls, and do the resampling beside them; losses of the same samples share
 * one backward pass; numbers by channel are computed by themselves.
 */
export const LOWERING_VERSION = 2;

/** Every kernel the graph engine knows. */
export const LOWERINGS: Readonly<Record<string, ImageLowering | ManyLowering>> = {
  ...elementwise,
  ...activations,
  ...reductions,
  ...shaping,
  ...indexing,
  ...matmul,
  ...convolution,
  ...depthwise,
  ...groupedConvolution,
  ...pooling,
};

/** Those of a rewritten program, which no trace has. */
const REWRITTEN: Readonly<Record<string, ImageLowering>> = pixelBlocks;

/** Kernels that see one element, or one vector of channels, at a time. */
const ELEMENT_BY_ELEMENT: Lowerings = {
  ...elementwise,
  ...activations,
  FusedBatchNorm: reductions["FusedBatchNorm"],
};

/** Reductions over the axes that an attribute names. */
const REDUCTIONS: ReadonlySet<string> = new Set(["Sum", "Mean", "Max", "Min", "Prod"]);

/** ONNX names: a program may read and write under one name (moving statistics), a graph may not. */
export const inputName = (port: string): string => `in/${port}`;
export const outputName = (port: string): string => `out/${port}`;

/**
 * The program as an ONNX graph, its ports named by `inputName` and `outputName`. Programs of one tuning may share what
 * was `decided` for others: the same convolution is cut in the same way.
 *
 * @throws GanglionError UNSUPPORTED_KERNEL naming the kernel, the layer and the engines that have it
 */
export function lowerProgram(
  traced: Program,
  tuning: Tuning = CPU,
  decided?: Map<string, unknown>,
): OnnxGraph {
  const program = rewriteProgram(traced);
  const builder = new GraphBuilder(tuning, decided);
  const held = new Map<number, string | Hwbc>();
  const operand = (value: number): ImageOperand =>
    operandOf(builder, program.values[value], held.get(value)!);

  for (const { name, value } of program.inputs)
    held.set(value, builder.input(inputName(name), program.values[value]));
  for (const constant of program.constants) {
    const { shape, dtype } = program.values[constant.value];
    const { buffer, byteOffset, byteLength } = constant.data;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    held.set(
      constant.value,
      isUniform(constant, { shape, dtype })
        ? uniform(builder, dtype, shape, bytes)
        : builder.tensor(dtype, shape, bytes),
    );
  }
  const forms = new ChannelForms(builder, program, held);
  for (const call of program.calls) {
    builder.origin = call.origin;
    if (forms.take(call)) continue;
    for (const value of Object.values(call.inputs)) forms.settle(value);
    const lowering = LOWERINGS[call.kernel] ?? REWRITTEN[call.kernel];
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
    const asTfjs: KernelCall<ImageOperand> = { inputs, attributes: call.attributes, output };
    const someMoved = Object.values(call.inputs).some((value) => typeof held.get(value) !== "string");
    const moved = someMoved ? inHwbc(call.kernel, asTfjs) : null;
    const results = [lowering(builder, moved?.call ?? asTfjs)].flat();
    call.outputs.forEach((value, i) => {
      const result = results[i];
      held.set(value, moved?.isResultMoved && typeof result === "string" ? { hwbc: result } : result);
    });
  }
  for (const { name, value } of program.outputs) {
    forms.settle(value);
    builder.output(outputName(name), operand(value).name, program.values[value]);
  }
  return builder.graph();
}

/** Images stay in HWBC order through kernels that work in any order, so that transposes between convolutions vanish. */
function inHwbc(kernel: string, call: KernelCall<ImageOperand>): MovedCall | null {
  if (kernel in ELEMENT_BY_ELEMENT) return elementwiseMoved(call);
  // Layers wrap their kernels in reshapes that change nothing.
  if (kernel === "Reshape" && isSameShape(call)) return elementwiseMoved(call);
  return REDUCTIONS.has(kernel) ? reductionMoved(call) : null;
}

function isSameShape({ inputs, output }: KernelCall): boolean {
  const { shape } = inputs["x"];
  return shape.length === output.shape.length && shape.every((size, i) => size === output.shape[i]);
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
