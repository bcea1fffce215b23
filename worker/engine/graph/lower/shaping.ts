// Kernels that move elements and change none: reshape, transpose, slice, pad, tile, concat.
import { sliceSize } from "../../../../shared/program/shapes.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import type { KernelCall, Lowering, Lowerings } from "./lowering.ts";

const reshape: Lowering = (builder, { inputs, output }) => {
  const { name, shape } = inputs["x"] ?? inputs["input"];
  const same = shape.length === output.shape.length && shape.every((size, i) => size === output.shape[i]);
  return same ? name : builder.reshape(name, output.shape);
};

export const shaping: Lowerings = {
  Reshape: reshape,
  ExpandDims: reshape,
  Transpose: (builder, { inputs, attributes }) =>
    builder.transpose(inputs["x"].name, attributes["perm"] as number[]),
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
  Reverse: (builder, { inputs, attributes }) => {
    const axes = attributes["dims"] as number[];
    if (axes.length === 0) return inputs["x"].name;
    const starts = axes.map(() => -1);
    const ends = axes.map(() => -0x7fffffff);
    return builder.slice(inputs["x"].name, axes, starts, ends, starts);
  },
};

function slice(builder: GraphBuilder, { inputs, attributes }: KernelCall): string {
  const { name, shape } = inputs["x"];
  const begin = attributes["begin"] as number[];
  const size = sliceSize(shape, begin, attributes["size"] as number[]);
  const axes = shape.map((_, axis) => axis);
  return builder.slice(
    name,
    axes,
    begin,
    begin.map((start, i) => start + size[i]),
    axes.map(() => 1),
  );
}

function pad(builder: GraphBuilder, { inputs, attributes }: KernelCall): string {
  const { name, dtype } = inputs["x"];
  const paddings = attributes["paddings"] as [number, number][];
  const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  const value = (attributes["constantValue"] ?? 0) as number;
  const fill =
    dtype === "int32"
      ? builder.tensor("int32", [], new Uint8Array(Int32Array.of(value).buffer))
      : builder.scalar(value);
  return builder.node("Pad", [name, builder.ints(pads), fill]);
}
