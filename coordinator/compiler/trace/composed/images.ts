// Image kernels that are linear in their input, made of kernels whose gradients are exact to any order.
import * as tf from "@tensorflow/tfjs-core";
import type { DataType } from "../../../../shared/program/program.ts";
import { poolingOf } from "../../../../shared/program/shapes.ts";
import { type Recorder, type Compositions, reshape, run, uniform } from "./compose.ts";
import { type Sampling, samplingMatrix } from "./sampling.ts";

export const IMAGES: Compositions = {
  ResizeBilinear: ({ images }, attributes, recorder) => resize(recorder, "bilinear", images!, attributes),
  ResizeNearestNeighbor: ({ images }, attributes, recorder) =>
    resize(recorder, "nearest", images!, attributes),
  ResizeBilinearGrad: ({ images, dy }, attributes, recorder) =>
    resizeGradient(recorder, "bilinear", images!, dy!, attributes),
  ResizeNearestNeighborGrad: ({ images, dy }, attributes, recorder) =>
    resizeGradient(recorder, "nearest", images!, dy!, attributes),
  AvgPoolGrad: ({ dy, input }, attributes, recorder) =>
    averagePoolGradient(recorder, dy!, input!, attributes),
};

type Attributes = Readonly<Record<string, unknown>>;

/** y = Mₕ x M_wᵀ for each channel, [B, H, W, C] -> [B, h, w, C]; whole factors of the nearest kind only repeat. */
function resize(
  recorder: Recorder,
  kind: Sampling["kind"],
  images: tf.TensorInfo,
  attributes: Attributes,
): tf.TensorInfo {
  const [batch, height, width, channels] = images.shape;
  const [newHeight, newWidth] = attributes["size"] as [number, number];
  const flags = flagsOf(attributes);
  if (batch * height * width * channels === 0)
    return uniform(recorder, [batch, newHeight, newWidth, channels], "float32", 0);
  if (kind === "nearest" && !flags.alignCorners && newHeight % height === 0 && newWidth % width === 0)
    return repeatPixels(recorder, images, newHeight / height, newWidth / width);
  const rows = matrix(recorder, { kind, from: height, to: newHeight, ...flags });
  const columns = matrix(recorder, { kind, from: width, to: newWidth, ...flags });
  const x = run("Cast", { x: images }, { dtype: "float32" });
  const tall = matMul(rows, reshape(x, [batch, height, width * channels]), false); // [B, h, W·C]
  const full = matMul(columns, reshape(tall, [batch * newHeight, width, channels]), false); // [B·h, w, C]
  const y = reshape(full, [batch, newHeight, newWidth, channels]);
  return kind === "nearest" ? run("Cast", { x: y }, { dtype: images.dtype }) : y;
}

/** The transpose of `resize`: dx = Mₕᵀ dy M_w. */
function resizeGradient(
  recorder: Recorder,
  kind: Sampling["kind"],
  { shape: [batch, height, width, channels] }: tf.TensorInfo,
  dy: tf.TensorInfo,
  attributes: Attributes,
): tf.TensorInfo {
  const [, newHeight, newWidth] = dy.shape;
  const flags = flagsOf(attributes);
  const rows = matrix(recorder, { kind, from: height, to: newHeight, ...flags });
  const columns = matrix(recorder, { kind, from: width, to: newWidth, ...flags });
  const narrow = matMul(columns, reshape(dy, [batch * newHeight, newWidth, channels]), true); // [B·h, W, C]
  const small = matMul(rows, reshape(narrow, [batch, newHeight, width * channels]), true); // [B, H, W·C]
  return reshape(small, [batch, height, width, channels]);
}

/** Adding zeros of shape [1, s, 1, t, 1] repeats by broadcasting: the gradient is one sum over the copies. */
function repeatPixels(
  recorder: Recorder,
  images: tf.TensorInfo,
  rows: number,
  columns: number,
): tf.TensorInfo {
  const [batch, height, width, channels] = images.shape;
  const zeros = uniform(recorder, [1, rows, 1, columns, 1], images.dtype as DataType, 0);
  const spread = run("Add", { a: reshape(images, [batch * height, 1, width, 1, channels]), b: zeros });
  return reshape(spread, [batch, height * rows, width * columns, channels]);
}

/**
 * Each mean hands its dy, divided by the pixels it was taken over, back to them. (tfjs's own kernel divides by the
 * window's size, also where padding cuts the window: not the gradient of its forward kernel.)
 */
function averagePoolGradient(
  recorder: Recorder,
  dy: tf.TensorInfo,
  input: tf.TensorInfo,
  attributes: Attributes,
): tf.TensorInfo {
  const pool = poolingOf(input.shape, attributes);
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo, inChannels } = pool;
  const inside = (out: number, stride: number, before: number, window: number, size: number): number[] =>
    Array.from({ length: out }, (_, i) => {
      const start = i * stride - before;
      return Math.min(size, start + window) - Math.max(0, start);
    });
  const high = inside(pool.outHeight, strideHeight, padInfo.top, filterHeight, pool.inHeight);
  const wide = inside(pool.outWidth, strideWidth, padInfo.left, filterWidth, pool.inWidth);
  const shares = Float32Array.from(high.flatMap((rows) => wide.map((columns) => 1 / (rows * columns))));
  const share = recorder.constant(shares, { shape: [1, pool.outHeight, pool.outWidth, 1], dtype: "float32" });
  const parts = run("Multiply", { a: dy, b: share });
  const tiles =
    filterHeight === strideHeight &&
    filterWidth === strideWidth &&
    pool.outHeight * strideHeight === pool.inHeight &&
    pool.outWidth * strideWidth === pool.inWidth;
  if (tiles) return repeatPixels(recorder, parts, filterHeight, filterWidth);
  return run(
    "DepthwiseConv2dNativeBackpropInput",
    { dy: parts, filter: uniform(recorder, [filterHeight, filterWidth, inChannels, 1], "float32", 1) },
    {
      strides: [strideHeight, strideWidth],
      dilations: [1, 1],
      pad: attributes["pad"],
      dimRoundingMode: attributes["dimRoundingMode"],
      inputShape: input.shape,
    },
  );
}

function flagsOf(attributes: Attributes): Pick<Sampling, "alignCorners" | "halfPixelCenters"> {
  return {
    alignCorners: attributes["alignCorners"] === true,
    halfPixelCenters: attributes["halfPixelCenters"] === true,
  };
}

function matrix(recorder: Recorder, sampling: Sampling): tf.TensorInfo {
  const { from, to } = sampling;
  return recorder.constant(samplingMatrix(sampling), { shape: [1, to, from], dtype: "float32" });
}

function matMul(a: tf.TensorInfo, b: tf.TensorInfo, transposeA: boolean): tf.Tensor {
  return run("BatchMatMul", { a, b }, { transposeA, transposeB: false });
}
