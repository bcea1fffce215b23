// The filter gradient of a convolution, as matrix products; which one is fastest depends on the channel counts.
import type { backend_util } from "@tensorflow/tfjs-core";
import { convolutionOf } from "../../../../../shared/program/shapes.ts";
import type { GraphBuilder } from "../../graph-builder.ts";
import type { KernelCall, Operand } from "../lowering.ts";

type Convolution = backend_util.Conv2DInfo;

/** Up to so many channels a k²-fold copy of the tensor costs less than k² narrow products. */
const FEW_CHANNELS = 4;

/**
 * dW[i, j, c, o] = Σ over samples and places of x[place + (i, j), c] · dy[place, o], for x [B, H, W, C] and
 * dy [B, OH, OW, O]: for each tap (i, j) of the k² of the filter one product [C, M] · [M, O] with M = B·OH·OW.
 */
export function filterGradient(builder: GraphBuilder, { inputs, attributes, output }: KernelCall): string {
  const { x, dy } = inputs as Record<"x" | "dy", Operand>;
  const conv = convolutionOf(x.shape, output.shape, attributes);
  if (conv.inChannels <= FEW_CHANNELS) return fromInputColumns(builder, x, dy, conv);
  const unit = conv.strideHeight === 1 && conv.strideWidth === 1;
  if (unit && conv.outChannels <= FEW_CHANNELS) return fromGradientColumns(builder, x, dy, conv);
  return tapByTap(builder, x, dy, conv);
}

/** One product a tap: the tap's window of x, strided, times dy. */
function tapByTap(builder: GraphBuilder, x: Operand, dy: Operand, conv: Convolution): string {
  const places = conv.batchSize * conv.outHeight * conv.outWidth; // M
  const gradient = builder.reshape(dy.name, [places, conv.outChannels]); // [M, O]
  const taps = windowsOfTaps(builder, x, conv).map((window) =>
    builder.node("Gemm", [builder.reshape(window, [places, conv.inChannels]), gradient], { transA: 1 }),
  ); // k² times [C, O]
  return builder.reshape(builder.node("Concat", taps, { axis: 0 }), conv.filterShape);
}

/** Few input channels: the windows of all taps side by side make one wide product. */
function fromInputColumns(builder: GraphBuilder, x: Operand, dy: Operand, conv: Convolution): string {
  const places = conv.batchSize * conv.outHeight * conv.outWidth;
  const columns = builder.node("Concat", windowsOfTaps(builder, x, conv), { axis: 3 }); // [B, OH, OW, k²·C]
  const wide = builder.reshape(columns, [places, conv.filterHeight * conv.filterWidth * conv.inChannels]);
  const gradient = builder.reshape(dy.name, [places, conv.outChannels]);
  return builder.reshape(builder.node("Gemm", [wide, gradient], { transA: 1 }), conv.filterShape);
}

/** Few output channels, stride 1: shift dy instead of x, and multiply x once with all shifts side by side. */
function fromGradientColumns(builder: GraphBuilder, x: Operand, dy: Operand, conv: Convolution): string {
  const {
    batchSize,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    filterHeight,
    filterWidth,
    inChannels,
    outChannels,
    padInfo,
  } = conv;
  const top = filterHeight - 1 - padInfo.top;
  const left = filterWidth - 1 - padInfo.left;
  const bottom = inHeight - 1 + padInfo.top - (outHeight - 1);
  const right = inWidth - 1 + padInfo.left - (outWidth - 1);
  const padded = builder.node("Pad", [dy.name, builder.ints([0, top, left, 0, 0, bottom, right, 0])]);
  const shifts: string[] = [];
  for (let i = filterHeight - 1; i >= 0; i--) {
    for (let j = filterWidth - 1; j >= 0; j--) {
      shifts.push(builder.slice(padded, [1, 2], [i, j], [i + inHeight, j + inWidth], [1, 1]));
    }
  }
  const places = batchSize * inHeight * inWidth;
  const taps = filterHeight * filterWidth;
  const columns = builder.reshape(builder.node("Concat", shifts, { axis: 3 }), [places, taps * outChannels]);
  const product = builder.node("Gemm", [builder.reshape(x.name, [places, inChannels]), columns], {
    transA: 1,
  }); // [C, k²·O]
  const shaped = builder.reshape(product, [inChannels, filterHeight, filterWidth, outChannels]);
  return builder.transpose(shaped, [1, 2, 0, 3]);
}

/** For each tap the part of the padded x that it meets: k² windows [B, OH, OW, C]. */
function windowsOfTaps(builder: GraphBuilder, x: Operand, conv: Convolution): string[] {
  const { outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth } = conv;
  const padded = builder.node("Pad", [x.name, builder.ints(paddingOf(conv))]);
  const windows: string[] = [];
  for (let i = 0; i < filterHeight; i++) {
    for (let j = 0; j < filterWidth; j++) {
      const ends = [i + (outHeight - 1) * strideHeight + 1, j + (outWidth - 1) * strideWidth + 1];
      windows.push(builder.slice(padded, [1, 2], [i, j], ends, [strideHeight, strideWidth]));
    }
  }
  return windows;
}

function paddingOf({ padInfo: { top, left, bottom, right } }: Convolution): number[] {
  return [0, top, left, 0, 0, bottom, right, 0];
}
