// Kernels that move elements and change none: reshape, transpose, slice, pad, tile, concat.
import { util } from "../../../../shared/program/tfjs-core.ts";
import { sliceOf } from "../../../../shared/program/shapes.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { FROM_HWBC, TO_HWBC } from "./axis-order/hwbc.ts";
import type { Hwbc, ImageLowering, ImageOperand, KernelCall, Lowering } from "./lowering.ts";
import { scalar } from "./types.ts";

const reshape: Lowering = (builder, { inputs, output }) => {
  const { name, shape } = inputs["x"] ?? inputs["input"];
  const same = shape.length === output.shape.length && shape.every((size, i) => size === output.shape[i]);
  return same ? name : builder.reshape(name, output.shape);
};

export const shaping: Readonly<Record<string, ImageLowering>> = {
  Reshape: reshape,
  ExpandDims: reshape,
  Transpose: transpose,
  Tile: (builder, { inputs, attributes }) =>
    builder.node("Tile", [inputs["x"].name, builder.ints(attributes["reps"] as number[])]),
  Slice: slice,
  PadV2: pad,
  Concat: (builder, { inputs, attributes }) =>
    builder.node(
      "Concat",
      Object.values(inputs).map(({ name }) => name),
      { axis: attributes["axis"] as number },
    ),
  Reverse: (builder, { inputs: { x }, attributes }) => {
    const axes = util.parseAxisParam(attributes["dims"] as number | number[], [...x.shape]);
    if (axes.length === 0) return x.name;
    const backwards = axes.map(() => -1);
    const ends = axes.map(() => -0x7fffffff);
    return builder.slice(x.name, axes, backwards, ends, backwards);
  },
};

/** Between NHWC and HWBC images are only seen in another order: what resamples them works on rows and columns. */
function transpose(
  builder: GraphBuilder,
  { inputs: { x }, attributes }: KernelCall<ImageOperand>,
): string | Hwbc {
  const permutation = attributes["perm"] as number[];
  const is = (other: readonly number[]): boolean => other.join() === permutation.join();
  if (is(TO_HWBC)) return x.hwbc;
  return is(FROM_HWBC) ? { hwbc: x.name } : builder.transpose(x.name, permutation);
}

function slice(builder: GraphBuilder, { inputs: { x }, attributes }: KernelCall): string {
  const { begin, size } = sliceOf(x.shape, attributes["begin"], attributes["size"]);
  const axes = x.shape.map((_, axis) => axis);
  if (axes.length === 0) return x.name;
  const ends = begin.map((start, i) => start + size[i]);
  return builder.slice(
    x.name,
    axes,
    begin,
    ends,
    axes.map(() => 1),
  );
}

function pad(builder: GraphBuilder, { inputs: { x }, attributes }: KernelCall): string {
  const paddings = attributes["paddings"] as [number, number][];
  if (paddings.length === 0) return x.name;
  const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  const value = (attributes["constantValue"] ?? 0) as number;
  return builder.node("Pad", [x.name, builder.ints(pads), scalar(builder, x.dtype, value)]);
}
