// Convolutions one side of which has few channels (grey or color images): copies of the thin side are cheap, so all taps
// of it are laid side by side and meet the wide side in one product.
import type { backend_util } from "@tensorflow/tfjs-core";
import type { GraphBuilder } from "../../graph-builder.ts";
import { matrix } from "../layout/axis.ts";
import { transformAxes } from "../layout/hwbc.ts";
import { type Matrix, transpose } from "./toom-cook.ts";

type Convolution = backend_util.Conv2DInfo;

/** A place of the wide side meets `taps` places of the thin side on each axis. */
export interface ThinGeometry {
  readonly thin: "image" | "gradient";
  /** Channels of the thin and of the wide side. */
  readonly few: number;
  readonly many: number;
  readonly batch: number;
  readonly taps: readonly [number, number];
  readonly thinSize: readonly [number, number];
  readonly wideSize: readonly [number, number];
  /** [(tap, wide place), thin place]: 1 where they meet. */
  readonly meetings: readonly [Matrix, Matrix];
}

/** `image` has H × W × C and `gradient` (or the result) OH × OW × O. */
export function thinGeometryOf(conv: Convolution, thin: ThinGeometry["thin"]): ThinGeometry {
  const imageSize = [conv.inHeight, conv.inWidth] as const;
  const gradientSize = [conv.outHeight, conv.outWidth] as const;
  const taps = [conv.filterHeight, conv.filterWidth] as const;
  const strides = [conv.strideHeight, conv.strideWidth];
  const pads = [conv.padInfo.top, conv.padInfo.left];
  const [thinSize, wideSize] = thin === "image" ? [imageSize, gradientSize] : [gradientSize, imageSize];
  const meetings = (axis: 0 | 1): Matrix =>
    matrix(taps[axis] * wideSize[axis], thinSize[axis], (row, column) => {
      const [tap, place] = [Math.floor(row / wideSize[axis]), row % wideSize[axis]];
      const [image, gradient] = thin === "image" ? [column, place] : [place, column];
      return image === strides[axis] * gradient + tap - pads[axis] ? 1 : 0;
    });
  return {
    thin,
    few: thin === "image" ? conv.inChannels : conv.outChannels,
    many: thin === "image" ? conv.outChannels : conv.inChannels,
    batch: conv.batchSize,
    taps,
    thinSize,
    wideSize,
    meetings: [meetings(0), meetings(1)],
  };
}

/** From the thin side to the wide one: [wide places, B, many] = columnsᵀ · filter. */
export function thinToWide(builder: GraphBuilder, g: ThinGeometry, thin: string, filter: string): string {
  const product = builder.node("Gemm", [columnsOf(builder, g, thin), filterMatrix(builder, g, filter)], {
    transA: 1,
  });
  return builder.reshape(product, [...g.wideSize, g.batch, g.many]);
}

/** From the wide side to the thin one: for every tap one thin image, each shifted to its place and added. */
export function wideToThin(builder: GraphBuilder, g: ThinGeometry, wide: string, filter: string): string {
  const places = g.wideSize[0] * g.wideSize[1] * g.batch;
  const taps = builder.node(
    "Gemm",
    [filterMatrix(builder, g, filter), builder.reshape(wide, [places, g.many])],
    { transB: 1 },
  ); // [k·k·few, places]
  const inner = g.few * g.batch;
  const [kh, kw] = g.taps;
  const [height, width] = g.wideSize;
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
  const shaped = builder.reshape(sums, [...g.thinSize, g.few, g.batch]);
  const result = g.few === 1 ? shaped : builder.transpose(shaped, [0, 1, 3, 2]);
  return builder.reshape(result, [...g.thinSize, g.batch, g.few]);
}

/** dw [kh, kw, C, O] = columns · wide side. */
export function thinFilterGradient(
  builder: GraphBuilder,
  g: ThinGeometry,
  thin: string,
  wide: string,
): string {
  const places = g.wideSize[0] * g.wideSize[1] * g.batch;
  const product = builder.node("Gemm", [
    columnsOf(builder, g, thin),
    builder.reshape(wide, [places, g.many]),
  ]); // [k·k·few, many]
  const shaped = builder.reshape(product, [...g.taps, g.few, g.many]);
  return g.thin === "image" ? shaped : builder.transpose(shaped, [0, 1, 3, 2]);
}

/** For each tap the thin side as the wide side's places see it: [k·k·few, wide places·B]. */
function columnsOf(builder: GraphBuilder, g: ThinGeometry, thin: string): string {
  const [kh, kw] = g.taps;
  const [height, width] = g.wideSize;
  const channelsFirst = g.few === 1 ? thin : builder.transpose(thin, [0, 1, 3, 2]); // [H, W, few, B]
  const inner = g.few * g.batch;
  const seen = transformAxes(builder, channelsFirst, inner, g.meetings[0], g.meetings[1]);
  const byTap = builder.transpose(
    builder.reshape(seen, [kh, height, kw, width, g.few, g.batch]),
    [0, 2, 4, 1, 3, 5],
  );
  return builder.reshape(byTap, [kh * kw * g.few, height * width * g.batch]);
}

/** The filter as [k·k·few, many]. */
function filterMatrix(builder: GraphBuilder, g: ThinGeometry, filter: string): string {
  const ordered = g.thin === "image" ? filter : builder.transpose(filter, [0, 1, 3, 2]);
  return builder.reshape(ordered, [g.taps[0] * g.taps[1] * g.few, g.many]);
}
