// 1×1 convolutions of stride 1: one product of all places with the filter, in whatever order the places lie.
import type { backend_util } from "@tensorflow/tfjs-core";
import type { GraphBuilder } from "../../graph-builder.ts";

type Convolution = backend_util.Conv2DInfo;

export function isPointwise(conv: Convolution): boolean {
  const { top, bottom, left, right } = conv.padInfo;
  return (
    conv.filterHeight * conv.filterWidth === 1 &&
    conv.strideHeight * conv.strideWidth === 1 &&
    top + bottom + left + right === 0
  );
}

/** y [H, W, B, O] from x [H, W, B, C] and w [1, 1, C, O]. */
export function forward(builder: GraphBuilder, conv: Convolution, x: string, filter: string): string {
  const y = builder.node("Gemm", [rows(builder, conv, x, "in"), matrix(builder, conv, filter)]);
  return builder.reshape(y, [conv.inHeight, conv.inWidth, conv.batchSize, conv.outChannels]);
}

/** dx [H, W, B, C] from dy [H, W, B, O] and w. */
export function inputGradient(builder: GraphBuilder, conv: Convolution, dy: string, filter: string): string {
  const operands = [rows(builder, conv, dy, "out"), matrix(builder, conv, filter)];
  const dx = builder.node("Gemm", operands, { transB: 1 });
  return builder.reshape(dx, [conv.inHeight, conv.inWidth, conv.batchSize, conv.inChannels]);
}

/** dw [1, 1, C, O] from x and dy. */
export function filterGradient(builder: GraphBuilder, conv: Convolution, x: string, dy: string): string {
  const operands = [rows(builder, conv, x, "in"), rows(builder, conv, dy, "out")];
  return builder.reshape(builder.node("Gemm", operands, { transA: 1 }), conv.filterShape);
}

/** [H·W·B, channels] */
function rows(builder: GraphBuilder, conv: Convolution, image: string, side: "in" | "out"): string {
  const places = conv.inHeight * conv.inWidth * conv.batchSize;
  return builder.reshape(image, [places, side === "in" ? conv.inChannels : conv.outChannels]);
}

function matrix(builder: GraphBuilder, conv: Convolution, filter: string): string {
  return builder.reshape(filter, [conv.inChannels, conv.outChannels]);
}
