// A convolution's axes and sizes, and its image taken apart into phases so that no stride is left.
import type { backend_util } from "@tensorflow/tfjs-core";
import type { GraphBuilder } from "../../graph-builder.ts";
import { type Axis, type Phases, stridePhases } from "../layout/axis.ts";

export interface Direction {
  readonly axis: Axis;
  readonly phases: Phases;
}

/** Both axes of a convolution, and its sizes. */
export interface Geometry {
  readonly rows: Direction;
  readonly columns: Direction;
  readonly batch: number;
  /** Phases of the image: rows' × columns'. */
  readonly phases: number;
  readonly channels: number;
  readonly outChannels: number;
}

export function geometryOf(conv: backend_util.Conv2DInfo): Geometry {
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
    phases: conv.strideHeight * conv.strideWidth,
    channels: conv.inChannels,
    outChannels: conv.outChannels,
  };
}

function direction(axis: Axis): Direction {
  return { axis, phases: stridePhases(axis) };
}

/** [H, W, B, C] -> [H / stride, W / stride, B, phases·C], completed with zeros. */
export function splitPhases(
  builder: GraphBuilder,
  { rows, columns, batch, channels, phases }: Geometry,
  x: string,
): string {
  if (phases === 1) return x;
  const [r, c] = [rows.phases, columns.phases];
  const pads = [r.before, c.before, 0, 0, r.after, c.after, 0, 0];
  const whole = pads.some((zeros) => zeros > 0) ? builder.node("Pad", [x, builder.ints(pads)]) : x;
  const split = builder.reshape(whole, [r.size, r.stride, c.size, c.stride, batch, channels]);
  return builder.transpose(split, [0, 2, 4, 1, 3, 5]);
}

/** The inverse of `splitPhases`, without the zeros. */
export function weavePhases(
  builder: GraphBuilder,
  { rows, columns, batch, channels, phases }: Geometry,
  x: string,
): string {
  const [r, c] = [rows.phases, columns.phases];
  const [height, width] = [r.size * r.stride, c.size * c.stride];
  const split = builder.reshape(x, [r.size, c.size, batch, r.stride, c.stride, channels]);
  const woven = phases === 1 ? split : builder.transpose(split, [0, 3, 1, 4, 2, 5]);
  return cropped(builder, builder.reshape(woven, [height, width, batch, channels]), [
    { from: r.before, size: rows.axis.inSize, of: height },
    { from: c.before, size: columns.axis.inSize, of: width },
  ]);
}

export function cropped(
  builder: GraphBuilder,
  value: string,
  axes: readonly { readonly from: number; readonly size: number; readonly of: number }[],
): string {
  if (axes.every(({ size, of }) => size === of)) return value;
  return builder.slice(
    value,
    axes.map((_, axis) => axis),
    axes.map(({ from }) => from),
    axes.map(({ from, size }) => from + size),
    axes.map(() => 1),
  );
}
