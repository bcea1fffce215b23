// A convolution's axes, their tiles, and its sizes.
import { isDeepStrictEqual } from "node:util";
import type { backend_util } from "@tensorflow/tfjs-core";
import type { GraphBuilder } from "../../../graph-builder.ts";
import { type Axis, type AxisMatrices, type Tiling, axisMatrices } from "./axis.ts";

/** An axis, the tiles that it is cut into, and the matrices that do so. */
export interface Direction {
  readonly axis: Axis;
  readonly tiling: Tiling;
  readonly matrices: AxisMatrices;
}

/** Which operand of the products at the points is the left one: the right one is copied before it is multiplied. */
export type Order = "image first" | "filter first";

/** How a convolution is cut into tiles, and its products made. */
export interface Cut {
  readonly rows: Tiling;
  readonly columns: Tiling;
  /** Tiles of rows multiply the filter each by themselves, or moved beside those of columns: fewer, larger products. */
  readonly rowTiles: "apart" | "together";
  readonly orders: { readonly forward: Order; readonly inputGradient: Order };
}

/** Both axes of a convolution, and its sizes. */
export interface Geometry extends Pick<Cut, "rowTiles" | "orders"> {
  readonly rows: Direction;
  readonly columns: Direction;
  readonly batch: number;
  /**
   * Convolutions of the same form side by side, each of `channels` and `outChannels` of its own: where there are more
   * than one, images and filters have them as their first axis.
   */
  readonly blocks: number;
  readonly channels: number;
  readonly outChannels: number;
}

export function axesOf(conv: backend_util.Conv2DInfo): { readonly rows: Axis; readonly columns: Axis } {
  return {
    rows: {
      inSize: conv.inHeight,
      outSize: conv.outHeight,
      stride: conv.strideHeight,
      taps: conv.filterHeight,
      pad: conv.padInfo.top,
    },
    columns: {
      inSize: conv.inWidth,
      outSize: conv.outWidth,
      stride: conv.strideWidth,
      taps: conv.filterWidth,
      pad: conv.padInfo.left,
    },
  };
}

export function geometryOf(conv: backend_util.Conv2DInfo, cut: Cut, blocks = 1): Geometry {
  const { rows, columns } = axesOf(conv);
  const down = direction(rows, cut.rows);
  const isSquare = isDeepStrictEqual([rows, cut.rows], [columns, cut.columns]);
  return {
    rows: down,
    columns: isSquare ? down : direction(columns, cut.columns),
    rowTiles: cut.rowTiles,
    orders: cut.orders,
    batch: conv.batchSize,
    blocks,
    channels: conv.inChannels / blocks,
    outChannels: conv.outChannels / blocks,
  };
}

function direction(axis: Axis, tiling: Tiling): Direction {
  return { axis, tiling, matrices: axisMatrices(axis, tiling) };
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
