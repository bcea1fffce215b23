// What a program costs, counted from its calls: floating-point operations, and the memory that its values take.
import { type Call, type Program, type ValueSpec, sizeOf } from "./program.ts";

/** Floating-point operations of one run; a multiplication and the addition of its product are two. */
export interface Operations {
  readonly convolution: number;
  readonly matmul: number;
  /** Everything else: element by element, reductions, pooling. */
  readonly rest: number;
}

/** Kernels that move or rename data and compute nothing. */
const MOVES: ReadonlySet<string> = new Set(
  "Cast Concat ExpandDims GatherV2 PadV2 Reshape Reverse Slice Tile Transpose".split(" "),
);

/** Kernels whose output is their input under another shape. */
const VIEWS: ReadonlySet<string> = new Set(["ExpandDims", "Reshape"]);

const BYTES = { float32: 4, int32: 4, bool: 1 } as const;

/**
 * The operations of one run, call by call:
 *
 *   convolution   2 · |y| · |filter| / C_out   and for its two gradients the same with dy in place of y;
 *                 a grouped one's filter has a group's channels only
 *   depthwise     2 · |y| · |filter| / (C_in · M), each output seeing one channel only
 *   matmul        2 · |y| · K
 *   the rest      one for each element of the largest operand or result; none where data is only moved
 *
 * where |x| is the number of elements of x. Zeros of strided transposed convolutions are not multiplied.
 */
export function countOperations(program: Program): Operations {
  const operations = { convolution: 0, matmul: 0, rest: 0 };
  for (const call of program.calls) {
    const { kind, count } = operationsOf(call, program.values);
    operations[kind] += count;
  }
  return operations;
}

function operationsOf(
  call: Call,
  values: readonly ValueSpec[],
): { readonly kind: keyof Operations; readonly count: number } {
  const input = (name: string): readonly number[] => values[call.inputs[name]].shape;
  const output = values[call.outputs[0]].shape;
  switch (call.kernel) {
    case "Conv2D":
    case "Conv2DBackpropInput":
    case "GroupedConv2D":
    case "GroupedConv2DBackpropInput": {
      const filter = input("filter");
      const seen = "dy" in call.inputs ? input("dy") : output;
      return { kind: "convolution", count: (2 * sizeOf(seen) * sizeOf(filter)) / filter[3] };
    }
    case "Conv2DBackpropFilter":
    case "GroupedConv2DBackpropFilter":
      return { kind: "convolution", count: (2 * sizeOf(input("dy")) * sizeOf(output)) / output[3] };
    case "DepthwiseConv2dNative":
    case "DepthwiseConv2dNativeBackpropInput": {
      const [height, width] = input("filter");
      const seen = call.kernel === "DepthwiseConv2dNative" ? output : input("dy");
      return { kind: "convolution", count: 2 * sizeOf(seen) * height * width };
    }
    case "DepthwiseConv2dNativeBackpropFilter":
      return { kind: "convolution", count: 2 * sizeOf(input("dy")) * output[0] * output[1] };
    case "BatchMatMul": {
      const inner = input("a").at(call.attributes["transposeA"] === true ? -2 : -1)!;
      return { kind: "matmul", count: 2 * sizeOf(output) * inner };
    }
    default: {
      const operands = [...Object.values(call.inputs), ...call.outputs];
      const largest = Math.max(...operands.map((value) => sizeOf(values[value].shape)));
      return { kind: "rest", count: MOVES.has(call.kernel) ? 0 : largest };
    }
  }
}

/** Bytes of one run, apart from weights. */
export interface Footprint {
  /** Inputs that are no weights, and outputs: kept from run to run. */
  readonly ports: number;
  readonly constants: number;
  /** The most that values in between take at any one time, each from the call that makes it to the last that uses it. */
  readonly peak: number;
}

/**
 * What a run needs at least, as an executor that frees every value after its last use would; reshaped values share
 * their memory. `weights` names the inputs that lie in the thread's one copy of the weights.
 */
export function measureFootprint(program: Program, weights: ReadonlySet<string>): Footprint {
  const { values, inputs, constants, outputs } = program;
  const bytes = (value: number): number => sizeOf(values[value].shape) * BYTES[values[value].dtype];
  const ports = [...inputs.filter(({ name }) => !weights.has(name)), ...outputs];
  return {
    ports: ports.reduce((sum, { value }) => sum + bytes(value), 0),
    constants: constants.reduce((sum, { data }) => sum + data.byteLength, 0),
    peak: peakOf(program, bytes),
  };
}

function peakOf({ inputs, constants, calls, outputs }: Program, bytes: (value: number) => number): number {
  const owners = new Map<number, number>();
  const ownerOf = (value: number): number => owners.get(value) ?? value;
  const lastUse = new Map<number, number>();
  for (const [i, call] of calls.entries()) {
    if (VIEWS.has(call.kernel)) owners.set(call.outputs[0], ownerOf(Object.values(call.inputs)[0]));
    for (const value of [...Object.values(call.inputs), ...call.outputs]) lastUse.set(ownerOf(value), i);
  }
  const kept = new Set([...inputs, ...constants, ...outputs].map(({ value }) => ownerOf(value))); // counted elsewhere
  let live = 0;
  let peak = 0;
  for (const [i, call] of calls.entries()) {
    const made = call.outputs.filter((value) => ownerOf(value) === value && !kept.has(value));
    for (const value of made) live += bytes(value);
    peak = Math.max(peak, live);
    const touched = new Set([...Object.values(call.inputs), ...call.outputs].map(ownerOf));
    for (const value of touched) if (!kept.has(value) && lastUse.get(value) === i) live -= bytes(value);
  }
  return peak;
}
