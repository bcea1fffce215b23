// A convolution's axes and sizes, and its image taken apart into phases so that no stride is left.
import type { backend_util } from "@tensorflow/tfjs-core";
import type { GraphBuilder } from "../../graph-builder.ts";
import { type Axis, type Phases, stridePhases } from "./axis.ts";

export interface Direction {
  readonly axis: Axis;
  readonly phases: Phases;
}

/** Both axes of a convolution, and its sizes. */
export interface Geometry {
  readonly rows: Direction;
  readonly columns: Direction;
  readonly batch: number;
  /**
   * Convolutions of the same form side by side, each of `channels` and `outChannels` of its own: where there are more
   * than one, images and filters have them as their first axis.
   */
  readonly blocks: number;
  /** Phases of the image: rows' × columns'. */
  readonly phases: number;
  readonly channels: number;
  readonly outChannels: number;
}

export function geometryOf(conv: backend_util.Conv2DInfo, blocks = 1): Geometry {
  const rows = direction({
    inSize: conv.inHeight,
    outSize: conv.outHeight,
    stride: conv.strideHeight,
    taps: conv.filterHeight,
    pad: conv.padInfo.top,
  });
  const columns = direction({
    inSize: conv.inWidth,
    outSize: conv.outWidth,
    stride: conv.strideWidth,
    taps: conv.filterWidth,
    pad: conv.padInfo.left,
  });
  return {
    rows,
    columns,
    batch: conv.batchSize,
    blocks,
    phases: conv.strideHeight * conv.strideWidth,
    channels: conv.inChannels / blocks,
    outChannels: conv.outChannels / blocks,
  };
}

/** The axes before an image's or a filter's own. */
export function leadOf({ blocks }: Geometry): readonly number[] {
  return blocks === 1 ? [] : [blocks];
}

/** A permutation of the own axes. */
export function permuted(
  builder: GraphBuilder,
  g: Geometry,
  value: string,
  permutation: readonly number[],
): string {
  const lead = leadOf(g).map((_, axis) => axis);
  return builder.transpose(value, [...lead, ...permutation.map((axis) => axis + lead.length)]);
}

function direction(axis: Axis): Direction {
  return { axis, phases: stridePhases(axis) };
}

/** [H, W, B, C] -> [H / stride, W / stride, B, phases·C], completed with zeros. */
export function splitPhases(builder: GraphBuilder, g: Geometry, x: string): string {
  const { rows, columns, batch, channels, phases } = g;
  if (phases === 1) return x;
  const [r, c, lead] = [rows.phases, columns.phases, leadOf(g)];
  const none = lead.map(() => 0);
  const pads = [...none, r.before, c.before, 0, 0, ...none, r.after, c.after, 0, 0];
  const whole = pads.some((zeros) => zeros > 0) ? builder.node("Pad", [x, builder.ints(pads)]) : x;
  const split = builder.reshape(whole, [...lead, r.size, r.stride, c.size, c.stride, batch, channels]);
  return permuted(builder, g, split, [0, 2, 4, 1, 3, 5]);
}

/** The inverse of `splitPhases`, without the zeros. */
export function weavePhases(builder: GraphBuilder, g: Geometry, x: string): string {
  const { rows, columns, batch, channels, phases } = g;
  const [r, c, lead] = [rows.phases, columns.phases, leadOf(g)];
  const [height, width] = [r.size * r.stride, c.size * c.stride];
  const split = builder.reshape(x, [...lead, r.size, c.size, batch, r.stride, c.stride, channels]);
  const woven = phases === 1 ? split : permuted(builder, g, split, [0, 3, 1, 4, 2, 5]);
  const axes = [
    { from: r.before, size: rows.axis.inSize, of: height },
    { from: c.before, size: columns.axis.inSize, of: width },
  ];
  return cropped(
    builder,
    builder.reshape(woven, [...lead, height, width, batch, channels]),
    axes,
    lead.length,
  );
}

/** Parts of some axes, the first of which is `first`. */
export function cropped(
  builder: GraphBuilder,
  value: string,
  axes: readonly { readonly from: number; readonly size: number; readonly of: number }[],
  first = 0,
): string {
  if (axes.every(({ size, of }) => size === of)) return value;
  return builder.slice(
    value,
    axes.map((_, axis) => first + axis),
    axes.map(({ from }) => from),
    axes.map(({ from, size }) => from + size),
    axes.map(() => 1),
  );
}
