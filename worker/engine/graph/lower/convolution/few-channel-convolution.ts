// Convolutions with few channels on one side, such as those of grey or color images.
//
// Copies of that side are cheap, so all its taps are laid side by side and meet the many-channel side in one product.
import type { backend_util } from "@tensorflow/tfjs-core";
import type { GraphBuilder } from "../../graph-builder.ts";
import { matrix } from "./tiled/axis.ts";
import { transformAxes } from "../axis-order/hwbc.ts";
import { type Matrix, transpose } from "./tiled/toom-cook.ts";

type Convolution = backend_util.Conv2DInfo;

/** A place of the many-channel side meets `taps` places of the few-channel side on each axis. */
export interface FewChannelGeometry {
  /** Which side has few channels. */
  readonly side: "image" | "gradient";
  /** Channels of either side. */
  readonly few: number;
  readonly many: number;
  readonly batch: number;
  readonly taps: readonly [number, number];
  readonly fewSize: readonly [number, number];
  readonly manySize: readonly [number, number];
  /** [(tap, place of the many), place of the few]: 1 where they meet. */
  readonly meetings: readonly [Matrix, Matrix];
}

/** `image` has H × W × C and `gradient` (or the result) OH × OW × O. */
export function fewChannelGeometryOf(
  conv: Convolution,
  side: FewChannelGeometry["side"],
): FewChannelGeometry {
  const imageSize = [conv.inHeight, conv.inWidth] as const;
  const gradientSize = [conv.outHeight, conv.outWidth] as const;
  const taps = [conv.filterHeight, conv.filterWidth] as const;
  const strides = [conv.strideHeight, conv.strideWidth];
  const pads = [conv.padInfo.top, conv.padInfo.left];
  const [fewSize, manySize] = side === "image" ? [imageSize, gradientSize] : [gradientSize, imageSize];
  const meetings = (axis: 0 | 1): Matrix =>
    matrix(taps[axis] * manySize[axis], fewSize[axis], (row, column) => {
      const [tap, place] = [Math.floor(row / manySize[axis]), row % manySize[axis]];
      const [image, gradient] = side === "image" ? [column, place] : [place, column];
      return image === strides[axis] * gradient + tap - pads[axis] ? 1 : 0;
    });
  return {
    side,
    few: side === "image" ? conv.inChannels : conv.outChannels,
    many: side === "image" ? conv.outChannels : conv.inChannels,
    batch: conv.batchSize,
    taps,
    fewSize,
    manySize,
    meetings: [meetings(0), meetings(1)],
  };
}

/** From the few-channel side to the many-channel one: [places of the many, B, many] = columnsᵀ · filter. */
export function fewToMany(
  builder: GraphBuilder,
  g: FewChannelGeometry,
  fewSide: string,
  filter: string,
): string {
  const product = builder.node("Gemm", [columnsOf(builder, g, fewSide), filterMatrix(builder, g, filter)], {
    transA: 1,
  });
  return builder.reshape(product, [...g.manySize, g.batch, g.many]);
}

/** From the many-channel side to the few-channel one: for every tap one image of few channels, each shifted to its place and added. */
export function manyToFew(
  builder: GraphBuilder,
  g: FewChannelGeometry,
  manySide: string,
  filter: string,
): string {
  const places = g.manySize[0] * g.manySize[1] * g.batch;
  const taps = builder.node(
    "Gemm",
    [filterMatrix(builder, g, filter), builder.reshape(manySide, [places, g.many])],
    { transB: 1 },
  ); // [k·k·few, places]
  const inner = g.few * g.batch;
  const [kh, kw] = g.taps;
  const [height, width] = g.manySize;
  const byAxis = builder.transpose(
    builder.reshape(taps, [kh, kw, g.few, height, width, g.batch]),
    [0, 3, 1, 4, 2, 5],
  ); // [kh, height, kw, width, few, B]
  const sums = transformAxes(
    builder,
    builder.reshape(byAxis, [kh * height, kw * width, inner]),
    inner,
    transpose(g.meetings[0]),
    transpose(g.meetings[1]),
  );
  const shaped = builder.reshape(sums, [...g.fewSize, g.few, g.batch]);
  const result = g.few === 1 ? shaped : builder.transpose(shaped, [0, 1, 3, 2]);
  return builder.reshape(result, [...g.fewSize, g.batch, g.few]);
}

/** dw [kh, kw, C, O] = columns · many-channel side. */
export function fewChannelFilterGradient(
  builder: GraphBuilder,
  g: FewChannelGeometry,
  fewSide: string,
  manySide: string,
): string {
  const places = g.manySize[0] * g.manySize[1] * g.batch;
  const product = builder.node("Gemm", [
    columnsOf(builder, g, fewSide),
    builder.reshape(manySide, [places, g.many]),
  ]); // [k·k·few, many]
  const shaped = builder.reshape(product, [...g.taps, g.few, g.many]);
  return g.side === "image" ? shaped : builder.transpose(shaped, [0, 1, 3, 2]);
}

/** For each tap the few-channel side as the many-channel side's places see it: [k·k·few, places of the many·B]. */
function columnsOf(builder: GraphBuilder, g: FewChannelGeometry, fewSide: string): string {
  const [kh, kw] = g.taps;
  const [height, width] = g.manySize;
  const channelsFirst = g.few === 1 ? fewSide : builder.transpose(fewSide, [0, 1, 3, 2]); // [H, W, few, B]
  const inner = g.few * g.batch;
  const seen = transformAxes(builder, channelsFirst, inner, g.meetings[0], g.meetings[1]);
  const byTap = builder.transpose(
    builder.reshape(seen, [kh, height, kw, width, g.few, g.batch]),
    [0, 2, 4, 1, 3, 5],
  );
  return builder.reshape(byTap, [kh * kw * g.few, height * width * g.batch]);
}

/** The filter as [k·k·few, many]. */
function filterMatrix(builder: GraphBuilder, g: FewChannelGeometry, filter: string): string {
  const ordered = g.side === "image" ? filter : builder.transpose(filter, [0, 1, 3, 2]);
  return builder.reshape(ordered, [g.taps[0] * g.taps[1] * g.few, g.many]);
}
