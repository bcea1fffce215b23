// Windows over images [B, H, W, C]: convolutions, depthwise and grouped ones, pooling, and their gradients.
import type { backend_util as Types } from "@tensorflow/tfjs-core";
import { backend_util } from "../tfjs-core.ts";
import { GanglionError } from "../../errors.ts";
import { groupsOf } from "../grouped-convolution.ts";
import type { ValueSpec } from "../program.ts";
import { type Attributes, type Infer, type Rules, reshaped, sameAs } from "./infer.ts";

type Pair = [number, number];
type Shape4D = [number, number, number, number];
type Pad = "same" | "valid" | number;

const convolution =
  (depthwise: boolean): Infer =>
  ({ x, filter }, attributes) =>
    reshaped(x, convolutionOf(x.shape, filter.shape, attributes, depthwise).outShape);

const pool: Infer = ({ x }, attributes) => reshaped(x, poolingOf(x.shape, attributes).outShape);

/** A gradient kernel has the shape of its result as an attribute. */
const shapedBy =
  (attribute: "inputShape" | "filterShape"): Infer =>
  ({ dy }, attributes) =>
    reshaped(dy, attributes[attribute] as number[]);

export const IMAGES: Rules = {
  Conv2D: convolution(false),
  Conv2DBackpropInput: shapedBy("inputShape"),
  Conv2DBackpropFilter: shapedBy("filterShape"),
  DepthwiseConv2dNative: convolution(true),
  DepthwiseConv2dNativeBackpropInput: shapedBy("inputShape"),
  DepthwiseConv2dNativeBackpropFilter: shapedBy("filterShape"),
  GroupedConv2D: ({ x, filter }, attributes) => {
    groupsOf(x.shape, filter.shape);
    return reshaped(x, convolutionOf(x.shape, filter.shape, attributes).outShape);
  },
  GroupedConv2DBackpropInput: shapedBy("inputShape"),
  GroupedConv2DBackpropFilter: shapedBy("filterShape"),
  AvgPool: pool,
  MaxPool: pool,
  MaxPoolGrad: sameAs("input"),
  MaxPoolWithArgmax: (inputs, attributes) => {
    const pooled = pool(inputs, attributes) as ValueSpec;
    return [pooled, { shape: pooled.shape, dtype: "int32" }];
  },
};

/** The 2-D convolution that a kernel's attributes describe, NHWC; a filter is [h, w, C, O], depthwise [h, w, C, M]. */
export function convolutionOf(
  input: readonly number[],
  filter: readonly number[],
  attributes: Attributes,
  depthwise = false,
): Types.Conv2DInfo {
  const info = backend_util.computeConv2DInfo(
    input as Shape4D,
    filter as Shape4D,
    attributes["strides"] as Pair,
    (attributes["dilations"] ?? 1) as Pair,
    attributes["pad"] as Pad,
    attributes["dimRoundingMode"] as "floor" | undefined,
    depthwise,
    "channelsLast",
  );
  return withWindowsInside(info);
}

/** The 2-D pooling that a kernel's attributes describe, NHWC. */
export function poolingOf(input: readonly number[], attributes: Attributes): Types.Conv2DInfo {
  const info = backend_util.computePool2DInfo(
    input as Shape4D,
    attributes["filterSize"] as Pair,
    attributes["strides"] as Pair,
    1,
    attributes["pad"] as Pad,
    attributes["dimRoundingMode"] as "floor" | undefined,
  );
  return withWindowsInside(info);
}

/** Rounding the number of windows up makes the last one overhang, which tfjs cuts off and other engines do not. */
function withWindowsInside(info: Types.Conv2DInfo): Types.Conv2DInfo {
  const { padInfo, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info;
  const rows = (outHeight - 1) * strideHeight + info.effectiveFilterHeight;
  const columns = (outWidth - 1) * strideWidth + info.effectiveFilterWidth;
  const [high, wide] = [inHeight + padInfo.top + padInfo.bottom, inWidth + padInfo.left + padInfo.right];
  if ((outHeight === 0 || rows <= high) && (outWidth === 0 || columns <= wide)) return info;
  throw new GanglionError(
    "UNSUPPORTED_KERNEL",
    `windows over ${rows} x ${columns} pixels overhang a padded image of ${high} x ${wide}: pad it, or let dimRoundingMode be "floor"`,
  );
}
