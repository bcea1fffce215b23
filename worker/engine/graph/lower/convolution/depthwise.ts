// Depthwise convolutions, filter [h, w, C, M]: ONNX's grouped convolutions, one group for each of the C channels;
// or, where a window is the whole image, products of elements.
import type { backend_util } from "@tensorflow/tfjs-core";
import { convolutionOf } from "../../../../../shared/program/shapes.ts";
import type { GraphBuilder } from "../../graph-builder.ts";
import { toNchw, toNhwc } from "../axis-order/nchw.ts";
import type { Hwbc, ImageLowering, ImageOperand, KernelCall, Operand } from "../lowering.ts";
import { wholeWindow, coversImage } from "./whole-window.ts";

type Convolution = backend_util.Conv2DInfo;

export const depthwise: Readonly<Record<string, ImageLowering>> = {
  DepthwiseConv2dNative: (builder, { inputs: { x, filter }, attributes }) => {
    const conv = convolutionOf(x.shape, filter.shape, attributes, true);
    if (coversImage(conv)) return wholeWindow.forward(builder, conv, x.hwbc, filter.name);
    const result = builder.node("Conv", [toNchw(builder, x.name), byChannel(builder, filter)], {
      ...windowOf(conv),
      pads: padsOf(conv),
      group: conv.inChannels,
    });
    return toNhwc(builder, result);
  },
  DepthwiseConv2dNativeBackpropInput: inputGradient,
  DepthwiseConv2dNativeBackpropFilter: filterGradient,
};

/**
 * dy spread over its windows: a transposed convolution within each group; with stride 1 a convolution by the filters
 * turned by 180°, which ONNX Runtime has a faster kernel for.
 */
function inputGradient(
  builder: GraphBuilder,
  { inputs, attributes, output }: KernelCall<ImageOperand>,
): string | Hwbc {
  const { dy, filter } = inputs;
  const conv = convolutionOf(output.shape, filter.shape, attributes, true);
  if (coversImage(conv)) return wholeWindow.inputGradient(builder, conv, dy.name, filter.name);
  const { strideHeight, strideWidth, filterHeight, filterWidth, padInfo: pad } = conv;
  const turnedPads = [pad.top, pad.left, pad.bottom, pad.right].map(
    (size, i) => (i % 2 === 0 ? filterHeight : filterWidth) - 1 - size,
  );
  if (strideHeight === 1 && strideWidth === 1 && turnedPads.every((size) => size >= 0)) {
    const backwards = [-0x7fffffff, -0x7fffffff];
    const filters = builder.transpose(filter.name, [2, 3, 0, 1]); // [C, M, h, w]
    const turned = builder.slice(filters, [2, 3], [-1, -1], backwards, [-1, -1]);
    return toNhwc(
      builder,
      builder.node("Conv", [toNchw(builder, dy.name), turned], {
        kernel_shape: [filterHeight, filterWidth],
        pads: turnedPads,
        group: conv.inChannels,
      }),
    );
  }
  // Rows and columns at the far end that no window reaches: their gradient is zero.
  const rows = conv.inHeight - ((conv.outHeight - 1) * strideHeight + filterHeight - pad.top - pad.bottom);
  const columns = conv.inWidth - ((conv.outWidth - 1) * strideWidth + filterWidth - pad.left - pad.right);
  const result = builder.node("ConvTranspose", [toNchw(builder, dy.name), byChannel(builder, filter)], {
    ...windowOf(conv),
    pads: padsOf(conv),
    output_padding: [rows, columns],
    group: conv.inChannels,
  });
  return toNhwc(builder, result);
}

/**
 * dW[i, j, c, m] = Σ over samples and places of x[place · stride + (i, j), c] · dy[place, cM + m]: a grouped
 * convolution of x by dy in which the samples are the channels of a group, and the stride is dy's dilation.
 */
function filterGradient(
  builder: GraphBuilder,
  { inputs, attributes, output }: KernelCall<ImageOperand>,
): string {
  const { x, dy } = inputs;
  const conv = convolutionOf(x.shape, output.shape, attributes, true);
  if (coversImage(conv)) return wholeWindow.filterGradient(builder, conv, x.hwbc, dy.name);
  const { batchSize, inChannels, inHeight, inWidth, outChannels, padInfo } = conv;
  const { strideHeight, strideWidth, outHeight, outWidth, filterHeight, filterWidth } = conv;
  // What of x the windows reach, counted from the padded corner.
  const height = strideHeight * (outHeight - 1) + filterHeight - padInfo.top;
  const width = strideWidth * (outWidth - 1) + filterWidth - padInfo.left;
  const reached = builder.slice(
    builder.transpose(x.name, [3, 0, 1, 2]), // [C, B, H, W]
    [2, 3],
    [0, 0],
    [Math.min(height, inHeight), Math.min(width, inWidth)],
    [1, 1],
  );
  const shape = [1, inChannels * batchSize, Math.min(height, inHeight), Math.min(width, inWidth)];
  const result = builder.node(
    "Conv",
    [builder.reshape(reached, shape), builder.transpose(dy.name, [3, 0, 1, 2])], // [CM, B, OH, OW]
    {
      kernel_shape: [outHeight, outWidth],
      dilations: [strideHeight, strideWidth],
      pads: [padInfo.top, padInfo.left, Math.max(0, height - inHeight), Math.max(0, width - inWidth)],
      group: inChannels,
    },
  ); // [1, CM, h, w]
  const taps = builder.reshape(result, [outChannels, filterHeight, filterWidth]);
  return builder.reshape(builder.transpose(taps, [1, 2, 0]), output.shape);
}

/** [h, w, C, M] -> [C·M, 1, h, w], the M filters of a channel together. */
function byChannel(
  builder: GraphBuilder,
  { name, shape: [height, width, channels, multiplier] }: Operand,
): string {
  const shape = [channels * multiplier, 1, height, width];
  return builder.reshape(builder.transpose(name, [2, 3, 0, 1]), shape);
}

function windowOf(conv: Convolution): Record<string, readonly number[]> {
  return {
    kernel_shape: [conv.filterHeight, conv.filterWidth],
    strides: [conv.strideHeight, conv.strideWidth],
    dilations: [conv.dilationHeight, conv.dilationWidth],
  };
}

function padsOf({ padInfo }: Convolution): number[] {
  return [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right];
}
