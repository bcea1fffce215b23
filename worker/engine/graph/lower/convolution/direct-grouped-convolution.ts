// Grouped convolutions as ONNX Runtime's own Conv and ConvTranspose: the way of GPUs, and of large filters.
import type { backend_util } from "@tensorflow/tfjs-core";
import { groupsOf } from "../../../../../shared/program/grouped-convolution.ts";
import { convolutionOf } from "../../../../../shared/program/shapes.ts";
import type { GraphBuilder } from "../../graph-builder.ts";
import { toNchw, toNhwc } from "../axis-order/nchw.ts";
import type { KernelCall, Lowerings } from "../lowering.ts";

type Convolution = backend_util.Conv2DInfo;

export const directGrouped = {
  GroupedConv2D: (builder, { inputs: { x, filter }, attributes }) => {
    const conv = convolutionOf(x.shape, filter.shape, attributes);
    const filters = builder.transpose(filter.name, [3, 2, 0, 1]); // [O, C / G, kh, kw]
    const result = builder.node("Conv", [toNchw(builder, x.name), filters], {
      kernel_shape: [conv.filterHeight, conv.filterWidth],
      strides: [conv.strideHeight, conv.strideWidth],
      pads: padsOf(conv),
      group: groupsOf(x.shape, filter.shape),
    });
    return toNhwc(builder, result);
  },
  GroupedConv2DBackpropInput: inputGradient,
  GroupedConv2DBackpropFilter: filterGradient,
} satisfies Lowerings;

/**
 * With stride 1 a convolution of dy, in each group by its filters turned by 180° from outputs to channels; else ONNX's
 * transposed convolution.
 */
function inputGradient(
  builder: GraphBuilder,
  { inputs: { dy, filter }, attributes, output }: KernelCall,
): string {
  const conv = convolutionOf(output.shape, filter.shape, attributes);
  const groups = groupsOf(output.shape, filter.shape);
  const { strideHeight, strideWidth, filterHeight, filterWidth, padInfo: pad } = conv;
  const turnedPads = padsOf(conv).map((size, i) => (i % 2 === 0 ? filterHeight : filterWidth) - 1 - size);
  if (strideHeight === 1 && strideWidth === 1 && turnedPads.every((size) => size >= 0)) {
    const [inGroup, outGroup] = [conv.inChannels / groups, conv.outChannels / groups];
    const apart = builder.reshape(filter.name, [filterHeight, filterWidth, inGroup, groups, outGroup]);
    const turned = builder.slice(
      builder.reshape(builder.transpose(apart, [3, 2, 4, 0, 1]), [
        conv.inChannels,
        outGroup,
        filterHeight,
        filterWidth,
      ]),
      [2, 3],
      [-1, -1],
      [-0x7fffffff, -0x7fffffff],
      [-1, -1],
    );
    const result = builder.node("Conv", [toNchw(builder, dy.name), turned], {
      kernel_shape: [filterHeight, filterWidth],
      pads: turnedPads,
      group: groups,
    });
    return toNhwc(builder, result);
  }
  // Rows and columns at the far end that no window reaches: their gradient is zero.
  const rows = conv.inHeight - ((conv.outHeight - 1) * strideHeight + filterHeight - pad.top - pad.bottom);
  const columns = conv.inWidth - ((conv.outWidth - 1) * strideWidth + filterWidth - pad.left - pad.right);
  const filters = builder.transpose(filter.name, [3, 2, 0, 1]);
  const result = builder.node("ConvTranspose", [toNchw(builder, dy.name), filters], {
    kernel_shape: [filterHeight, filterWidth],
    strides: [strideHeight, strideWidth],
    pads: padsOf(conv),
    output_padding: [rows, columns],
    group: groups,
  });
  return toNhwc(builder, result);
}

/**
 * dW[i, j, c, g, o] = Σ over samples and places of x[place · stride + (i, j), g, c] · dy[place, g, o]: a grouped
 * convolution of x by dy in which the channels of a group are the samples, the samples are the channels of a group, and
 * the stride is dy's dilation.
 */
function filterGradient(
  builder: GraphBuilder,
  { inputs: { x, dy }, attributes, output }: KernelCall,
): string {
  const conv = convolutionOf(x.shape, output.shape, attributes);
  const groups = groupsOf(x.shape, output.shape);
  const { batchSize, inChannels, inHeight, inWidth, outChannels, padInfo } = conv;
  const { strideHeight, strideWidth, outHeight, outWidth, filterHeight, filterWidth } = conv;
  const inGroup = inChannels / groups;
  // What of x the windows reach, counted from the padded corner.
  const height = strideHeight * (outHeight - 1) + filterHeight - padInfo.top;
  const width = strideWidth * (outWidth - 1) + filterWidth - padInfo.left;
  const image = builder.transpose(
    builder.reshape(x.name, [batchSize, inHeight, inWidth, groups, inGroup]),
    [4, 3, 0, 1, 2],
  ); // [C / G, G, B, H, W]
  const reached = builder.slice(
    builder.reshape(image, [inGroup, groups * batchSize, inHeight, inWidth]),
    [2, 3],
    [0, 0],
    [Math.min(height, inHeight), Math.min(width, inWidth)],
    [1, 1],
  );
  const filters = builder.transpose(dy.name, [3, 0, 1, 2]); // [O, B, OH, OW]
  const result = builder.node("Conv", [reached, filters], {
    kernel_shape: [outHeight, outWidth],
    dilations: [strideHeight, strideWidth],
    pads: [padInfo.top, padInfo.left, Math.max(0, height - inHeight), Math.max(0, width - inWidth)],
    group: groups,
  }); // [C / G, O, kh, kw]
  return builder.reshape(builder.transpose(result, [2, 3, 0, 1]), [
    filterHeight,
    filterWidth,
    inGroup,
    outChannels,
  ]);
}

function padsOf({ padInfo }: Convolution): number[] {
  return [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right];
}
