// Depthwise convolutions whose one window is the whole image, as discriminators end: a weighted sum over its places.
//
//   y[b, c, m] = Σ_p x[p, b, c]·w[p, c, m]        p over the h·w places
import type { backend_util } from "@tensorflow/tfjs-core";
import type { GraphBuilder } from "../../graph-builder.ts";
import type { Hwbc } from "../lowering.ts";

type Convolution = backend_util.Conv2DInfo;

export function coversImage({ padInfo, ...conv }: Convolution): boolean {
  return (
    conv.batchSize * conv.inChannels * conv.outChannels > 0 &&
    conv.filterHeight === conv.inHeight &&
    conv.filterWidth === conv.inWidth &&
    conv.dilationHeight * conv.dilationWidth === 1 &&
    padInfo.top + padInfo.bottom + padInfo.left + padInfo.right === 0
  );
}

export const wholeWindow = {
  /** y [1, 1, B, C·M] from x [h, w, B, C] and w [h, w, C, M]. */
  forward(builder: GraphBuilder, conv: Convolution, x: string, filter: string): Hwbc {
    const { batchSize, outChannels } = conv;
    const products = builder.node("Mul", [images(builder, conv, x), filters(builder, conv, filter)]);
    return { hwbc: builder.reshape(sum(builder, products, 0), [1, 1, batchSize, outChannels]) };
  },

  /** dx [h, w, B, C] from dy [B, 1, 1, C·M] and w. */
  inputGradient(builder: GraphBuilder, conv: Convolution, dy: string, filter: string): Hwbc {
    const { inHeight, inWidth, batchSize, inChannels } = conv;
    const products = builder.node("Mul", [results(builder, conv, dy), filters(builder, conv, filter)]);
    const single = conv.outChannels === inChannels;
    const dx = single ? products : sum(builder, products, 3);
    return { hwbc: builder.reshape(dx, [inHeight, inWidth, batchSize, inChannels]) };
  },

  /** dw [h, w, C, M] from x and dy. */
  filterGradient(builder: GraphBuilder, conv: Convolution, x: string, dy: string): string {
    const products = builder.node("Mul", [images(builder, conv, x), results(builder, conv, dy)]);
    return builder.reshape(sum(builder, products, 1), conv.filterShape);
  },
};

/** [p, B, C, 1] */
function images(builder: GraphBuilder, conv: Convolution, x: string): string {
  return builder.reshape(x, [placesOf(conv), conv.batchSize, conv.inChannels, 1]);
}

/** [p, 1, C, M] */
function filters(builder: GraphBuilder, conv: Convolution, filter: string): string {
  return builder.reshape(filter, [placesOf(conv), 1, conv.inChannels, conv.outChannels / conv.inChannels]);
}

/** [1, B, C, M] */
function results(builder: GraphBuilder, conv: Convolution, dy: string): string {
  return builder.reshape(dy, [1, conv.batchSize, conv.inChannels, conv.outChannels / conv.inChannels]);
}

function placesOf({ inHeight, inWidth }: Convolution): number {
  return inHeight * inWidth;
}

function sum(builder: GraphBuilder, value: string, axis: number): string {
  return builder.node("ReduceSum", [value, builder.ints([axis])], { keepdims: 0 });
}
