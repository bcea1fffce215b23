// Pooling and its gradients.
import { backend_util } from "@tensorflow/tfjs-core";
import { poolingOf } from "../../../../../shared/program/shapes.ts";
import type { GraphBuilder } from "../../graph-builder.ts";
import { ONNX_TYPE } from "../../onnx.ts";
import { toNchw, toNhwc } from "../axis-order/nchw.ts";
import type { ImageLowering, ImageOperand, KernelCall, ManyLowering, Hwbc } from "../lowering.ts";
import { isMatrices, meansOf } from "./pixel-blocks.ts";
import { isTiled, tiledMaximum, tiledMaximumGradient } from "./tiled-pooling.ts";

type Pool = backend_util.Conv2DInfo;

const single: Readonly<Record<string, ImageLowering>> = {
  MaxPool: (builder, { inputs, attributes }) => {
    const pool = poolingOf(inputs["x"].shape, attributes);
    if (staysHwbc(builder, inputs["x"], pool)) return { hwbc: tiledMaximum(builder, pool, inputs["x"].hwbc) };
    return toNhwc(builder, builder.node("MaxPool", [toNchw(builder, inputs["x"].name)], windowOf(pool)));
  },
  MaxPoolGrad: maxPoolGradient,
  AvgPool: (builder, { inputs, attributes }) => {
    const pool = poolingOf(inputs["x"].shape, attributes);
    if (isMatrices(builder, inputs["x"])) return meansOf(builder, pool, inputs["x"].hwbc);
    const window = { ...windowOf(pool), count_include_pad: 0 };
    return toNhwc(builder, builder.node("AveragePool", [toNchw(builder, inputs["x"].name)], window));
  },
};

export const pooling: Readonly<Record<string, ImageLowering | ManyLowering>> = {
  ...single,
  MaxPoolWithArgmax: maxPoolWithPlaces,
};

/** Where convolutions hold images in HWBC order, to NCHW and back costs more than the pooling (seed-cnn: 16 of 38 ms a step). */
function staysHwbc({ tuning }: GraphBuilder, { dtype, shape }: ImageOperand, pool: Pool): boolean {
  return tuning.convolution === "tiled" && dtype === "float32" && !shape.includes(0) && isTiled(pool);
}

/**
 * Each dy goes to the place its window's maximum came from. ONNX's MaxPool tells the places (the first of equals,
 * as tfjs); where windows overlap, several land on one place and are added.
 */
function maxPoolGradient(
  builder: GraphBuilder,
  { inputs: { dy, input }, attributes }: KernelCall<ImageOperand>,
): string | Hwbc {
  const pool = poolingOf(input.shape, attributes);
  if (staysHwbc(builder, input, pool))
    return { hwbc: tiledMaximumGradient(builder, pool, input.hwbc, dy.hwbc) };
  const shape = [pool.batchSize, pool.inChannels, pool.inHeight, pool.inWidth];
  const [, places] = builder.nodes("MaxPool", [toNchw(builder, input.name)], windowOf(pool), 2);
  const zeros = builder.node("ConstantOfShape", [
    builder.ints([shape.reduce((product, size) => product * size, 1)]),
  ]);
  const flat = (name: string) => builder.reshape(name, [-1]);
  const scattered = builder.node("ScatterElements", [zeros, flat(places), flat(toNchw(builder, dy.name))], {
    axis: 0,
    reduction: "add",
  });
  return toNhwc(builder, builder.reshape(scattered, shape));
}

/** The maxima, and their places in the flat image [H, W, C], or in the flat batch where the kernel asks for it. */
function maxPoolWithPlaces(
  builder: GraphBuilder,
  { inputs: { x }, attributes }: KernelCall,
): readonly string[] {
  const pool = poolingOf(x.shape, attributes);
  const [maxima, nchw] = builder.nodes("MaxPool", [toNchw(builder, x.name)], windowOf(pool), 2);
  // ONNX counts ((b·C + c)·H + h)·W + w: take it apart, and count again with the channel last.
  const number = (value: number): string => builder.ints([value]);
  const quotient = (name: string, by: number): string => builder.node("Div", [name, number(by)]);
  const remainder = (name: string, by: number): string => builder.node("Mod", [name, number(by)]);
  const pixels = pool.inHeight * pool.inWidth;
  const pixel = remainder(nchw, pixels);
  const channel = remainder(quotient(nchw, pixels), pool.inChannels);
  let place = builder.node("Add", [builder.node("Mul", [pixel, number(pool.inChannels)]), channel]);
  if (attributes["includeBatchInIndex"] === true) {
    const size = pixels * pool.inChannels;
    const before = builder.node("Mul", [quotient(nchw, size), number(size)]);
    place = builder.node("Add", [before, place]);
  }
  return [toNhwc(builder, maxima), builder.node("Cast", [toNhwc(builder, place)], { to: ONNX_TYPE.int32 })];
}

/**
 * Without padding it says VALID: where it says zeros, ONNX Runtime moves a padding before the pooling into it, and then
 * refuses one as wide as the window.
 */
function windowOf(pool: Pool): Record<string, readonly number[] | string> {
  const { top, left, bottom, right } = pool.padInfo;
  const window = {
    kernel_shape: [pool.filterHeight, pool.filterWidth],
    strides: [pool.strideHeight, pool.strideWidth],
  };
  const padded = top + left + bottom + right > 0;
  return padded ? { ...window, pads: [top, left, bottom, right] } : { ...window, auto_pad: "VALID" };
}
