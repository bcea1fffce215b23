// 2-D convolutions, forward and both gradients: chooses among the ways by shape.
import type { backend_util } from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../../../shared/program/program.ts";
import { convolutionOf } from "../../../../../shared/program/shapes.ts";
import {
  filterGradient as tiledFilterGradient,
  forward,
  inputGradient,
} from "./tiled/bilinear-convolution.ts";
import { directConvolution } from "./direct-convolution.ts";
import { filterGradient as directFilterGradient } from "./filter-gradient.ts";
import type { Geometry } from "./tiled/geometry.ts";
import type { GraphBuilder } from "../../graph-builder.ts";
import type { ImageLowering } from "../lowering.ts";
import {
  fewChannelFilterGradient,
  fewChannelGeometryOf,
  fewToMany,
  manyToFew,
} from "./few-channel-convolution.ts";
import {
  filterGradient as pointwiseFilterGradient,
  forward as pointwiseForward,
  inputGradient as pointwiseInputGradient,
  isPointwise,
} from "./pointwise-convolution.ts";
import { tiledGeometry } from "./tiled/cuts.ts";

type Convolution = backend_util.Conv2DInfo;
type Kernel = "Conv2D" | "Conv2DBackpropInput" | "Conv2DBackpropFilter";

/** With so few channels on one side the product at the points would have too few rows; its copies are cheap instead. */
const FEW_CHANNELS = 4;

export const convolution: Readonly<Record<Kernel, ImageLowering>> = {
  Conv2D: (builder, call) => {
    const { x, filter } = call.inputs;
    const conv = convolutionOf(x.shape, filter.shape, call.attributes);
    const way = wayOf(conv, builder);
    switch (way.kind) {
      case "few-channel image":
        return held(fewToMany(builder, fewChannelGeometryOf(conv, "image"), x.hwbc, filter.name));
      case "few-channel gradient":
        return held(manyToFew(builder, fewChannelGeometryOf(conv, "gradient"), x.hwbc, filter.name));
      case "pointwise":
        return held(pointwiseForward(builder, conv, x.hwbc, filter.name));
      case "tiled":
        return held(forward(builder, way.geometry, x.hwbc, filter.name));
      case "direct":
        return directConvolution.Conv2D(builder, call);
      default:
        return way satisfies never;
    }
  },
  Conv2DBackpropInput: (builder, call) => {
    const { dy, filter } = call.inputs;
    const conv = convolutionOf(call.output.shape, filter.shape, call.attributes);
    const way = wayOf(conv, builder);
    switch (way.kind) {
      case "few-channel image":
        return held(manyToFew(builder, fewChannelGeometryOf(conv, "image"), dy.hwbc, filter.name));
      case "few-channel gradient":
        return held(fewToMany(builder, fewChannelGeometryOf(conv, "gradient"), dy.hwbc, filter.name));
      case "pointwise":
        return held(pointwiseInputGradient(builder, conv, dy.hwbc, filter.name));
      case "tiled":
        return held(inputGradient(builder, way.geometry, dy.hwbc, filter.name));
      case "direct":
        return directConvolution.Conv2DBackpropInput(builder, call);
      default:
        return way satisfies never;
    }
  },
  Conv2DBackpropFilter: (builder, call) => {
    const { x, dy } = call.inputs;
    const conv = convolutionOf(x.shape, call.output.shape, call.attributes);
    const way = wayOf(conv, builder);
    switch (way.kind) {
      case "few-channel image":
        return fewChannelFilterGradient(builder, fewChannelGeometryOf(conv, "image"), x.hwbc, dy.hwbc);
      case "few-channel gradient":
        return fewChannelFilterGradient(builder, fewChannelGeometryOf(conv, "gradient"), dy.hwbc, x.hwbc);
      case "pointwise":
        return pointwiseFilterGradient(builder, conv, x.hwbc, dy.hwbc);
      case "tiled":
        return tiledFilterGradient(builder, way.geometry, x.hwbc, dy.hwbc);
      case "direct":
        return directFilterGradient(builder, call);
      default:
        return way satisfies never;
    }
  },
};

/** All three kernels of one convolution go the same way, so that the image is taken to the points once. */
type Way =
  | { readonly kind: "few-channel image" | "few-channel gradient" | "pointwise" | "direct" }
  | { readonly kind: "tiled"; readonly geometry: Geometry };

function wayOf(conv: Convolution, builder: GraphBuilder): Way {
  const { tuning } = builder;
  const dilated = conv.dilationHeight > 1 || conv.dilationWidth > 1;
  const isEmpty = sizeOf(conv.inShape) * sizeOf(conv.outShape) === 0;
  if (tuning.convolution === "native" || dilated || isEmpty) return { kind: "direct" };
  if (conv.inChannels <= FEW_CHANNELS) return { kind: "few-channel image" };
  if (conv.outChannels <= FEW_CHANNELS) return { kind: "few-channel gradient" };
  if (isPointwise(conv)) return { kind: "pointwise" };
  const geometry = tiledGeometry(builder, conv, tuning);
  return geometry ? { kind: "tiled", geometry } : { kind: "direct" };
}

function held(hwbc: string): { readonly hwbc: string } {
  return { hwbc };
}
