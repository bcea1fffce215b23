// 2-D convolutions as ONNX Runtime's own Conv and ConvTranspose: the way of GPUs, and of shapes nothing else fits.
import type { backend_util } from "@tensorflow/tfjs-core";
import { convolutionOf } from "../../../../../shared/program/shapes.ts";
import type { GraphBuilder } from "../../graph-builder.ts";
import { toNchw, toNhwc } from "../axis-order/nchw.ts";
import type { Lowerings, Operand } from "../lowering.ts";

export const directConvolution = {
  Conv2D: (builder, { inputs, attributes }) => {
    const { x, filter } = inputs as Record<"x" | "filter", Operand>;
    const conv = convolutionOf(x.shape, filter.shape, attributes);
    const kernel = builder.transpose(filter.name, [3, 2, 0, 1]); // HWIO -> OIHW
    const result = builder.node("Conv", [toNchw(builder, x.name), kernel], {
      kernel_shape: [conv.filterHeight, conv.filterWidth],
      strides: [conv.strideHeight, conv.strideWidth],
      dilations: [conv.dilationHeight, conv.dilationWidth],
      pads: padsOf(conv),
    });
    return toNhwc(builder, result);
  },
  Conv2DBackpropInput: (builder, { inputs, attributes, output }) => {
    const { dy, filter } = inputs as Record<"dy" | "filter", Operand>;
    const conv = convolutionOf(output.shape, filter.shape, attributes);
    const unit = conv.strideHeight === 1 && conv.strideWidth === 1;
    const result = unit
      ? flippedConvolution(builder, dy, filter, conv)
      : transposedConvolution(builder, dy, filter, conv);
    return toNhwc(builder, result);
  },
} satisfies Lowerings;

/** With stride 1 the input's gradient is a convolution of dy with the filter turned by 180°: ONNX Runtime's fastest path. */
function flippedConvolution(
  builder: GraphBuilder,
  dy: Operand,
  filter: Operand,
  conv: backend_util.Conv2DInfo,
): string {
  const { filterHeight, filterWidth, padInfo } = conv;
  const turned = builder.slice(
    builder.transpose(filter.name, [2, 3, 0, 1]),
    [2, 3],
    [-1, -1],
    [-0x7fffffff, -0x7fffffff],
    [-1, -1],
  );
  return builder.node("Conv", [toNchw(builder, dy.name), turned], {
    kernel_shape: [filterHeight, filterWidth],
    pads: [
      filterHeight - 1 - padInfo.top,
      filterWidth - 1 - padInfo.left,
      filterHeight - 1 - padInfo.bottom,
      filterWidth - 1 - padInfo.right,
    ],
  });
}

function transposedConvolution(
  builder: GraphBuilder,
  dy: Operand,
  filter: Operand,
  conv: backend_util.Conv2DInfo,
): string {
  const { padInfo: pad } = conv;
  // Rows and columns at the far end that no window reaches: their gradient is zero.
  const rows =
    conv.inHeight - ((conv.outHeight - 1) * conv.strideHeight + conv.filterHeight - pad.top - pad.bottom);
  const columns =
    conv.inWidth - ((conv.outWidth - 1) * conv.strideWidth + conv.filterWidth - pad.left - pad.right);
  return builder.node(
    "ConvTranspose",
    [toNchw(builder, dy.name), builder.transpose(filter.name, [3, 2, 0, 1])],
    {
      kernel_shape: [conv.filterHeight, conv.filterWidth],
      strides: [conv.strideHeight, conv.strideWidth],
      pads: padsOf(conv),
      output_padding: [rows, columns],
    },
  );
}

function padsOf({ padInfo }: backend_util.Conv2DInfo): number[] {
  return [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right];
}
