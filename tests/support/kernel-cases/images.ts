// Cases for depthwise convolutions, average pooling, resizing, and other kernels on images.
import * as tf from "@tensorflow/tfjs-core";
import type { OracleCase } from "../oracle.ts";

type Pad = "same" | "valid" | number;
type Image = tf.Tensor4D;

const dims = (shape: readonly number[]): string => `[${shape.join(",")}]`;

const depthwise = (
  image: number[],
  filter: number[],
  strides: number | [number, number],
  pad: Pad,
  dilations: number | [number, number] = 1,
): OracleCase => ({
  name: `depthwiseConv2d ${dims(image)} with ${dims(filter)}, stride ${String(strides)}, ${pad}, dilation ${String(dilations)}`,
  inputs: [image, filter],
  f: (x, w) => tf.depthwiseConv2d(x as Image, w as Image, strides, pad, "NHWC", dilations),
  ...(dilations !== 1 && { gradient: false }), // tfjs has none
});

/** A mean is linear; tfjs's own gradient is wrong where padding cuts a window. */
const avgPool = (
  image: number[],
  size: number | [number, number],
  strides: number | [number, number],
  pad: Pad,
): OracleCase => ({
  name: `avgPool ${dims(image)}, window ${String(size)}, stride ${String(strides)}, ${pad}`,
  inputs: [image],
  f: (x) => tf.avgPool(x as Image, size, strides, pad),
  gradient: "linear",
});

/** tfjs's own gradients forget `halfPixelCenters`, swap height and width, or take another sample's dy. */
const resizes = (image: number[], size: [number, number]): OracleCase[] =>
  (["resizeBilinear", "resizeNearestNeighbor"] as const).flatMap((name) =>
    [
      [false, false],
      [true, false],
      [false, true],
    ].map(([alignCorners, halfPixelCenters]): OracleCase => ({
      name: `${name} ${dims(image)} to ${dims(size)}${alignCorners ? ", corners aligned" : ""}${halfPixelCenters ? ", from pixel centers" : ""}`,
      inputs: [image],
      f: (x) => tf.image[name](x as Image, size, alignCorners, halfPixelCenters),
      gradient: "linear",
    })),
  );

export const IMAGES: readonly OracleCase[] = [
  depthwise([2, 6, 7, 3], [3, 3, 3, 1], 1, "same"),
  depthwise([3, 4, 4, 6], [4, 4, 6, 1], 1, "valid"),
  depthwise([2, 3, 5, 2], [3, 5, 2, 3], 2, "valid"),
  depthwise([2, 1, 1, 4], [1, 1, 4, 2], 1, "same"),
  { name: "depthwiseConv2d of the whole of a convolution's image", inputs: [[2, 4, 4, 3], [3, 3, 3, 16], [4, 4, 16, 1]], f: (x, w, d) => tf.depthwiseConv2d(tf.conv2d(x as Image, w as Image, 1, "same"), d as Image, 1, "valid") },
  depthwise([2, 6, 7, 3], [3, 2, 3, 2], 1, "valid"),
  depthwise([2, 7, 8, 3], [3, 3, 3, 2], 2, "same"),
  depthwise([1, 8, 8, 4], [4, 4, 4, 1], 2, "same"),
  depthwise([1, 9, 8, 2], [2, 3, 2, 3], [3, 2], "valid"),
  depthwise([2, 6, 6, 1], [3, 3, 1, 4], 1, 1),
  depthwise([1, 5, 5, 1], [1, 1, 1, 1], 1, "same"),
  depthwise([1, 1, 9, 2], [1, 3, 2, 1], [1, 2], "same"),
  depthwise([1, 9, 8, 3], [3, 3, 3, 2], 1, "same", 2),
  depthwise([1, 9, 8, 3], [3, 2, 3, 1], 1, "valid", [2, 3]),
  { name: "separableConv2d", inputs: [[2, 6, 5, 3], [3, 3, 3, 2], [1, 1, 6, 4]], f: (x, d, p) => tf.separableConv2d(x as Image, d as Image, p as Image, 1, "same") },
  { name: "conv1d", inputs: [[2, 9, 3], [3, 3, 4]], f: (x, w) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 2, "same") },
  { name: "conv2d with explicit, asymmetric pads", inputs: [[1, 5, 6, 2], [3, 3, 2, 3]], f: (x, w) => tf.conv2d(x as Image, w as Image, 1, [[0, 0], [0, 2], [1, 0], [0, 0]]) },
  { name: "conv2d, channels first", inputs: [[2, 3, 6, 5], [3, 3, 3, 4]], f: (x, w) => tf.conv2d(x as Image, w as Image, 2, "same", "NCHW"), gradient: (x, w) => tf.transpose(tf.conv2d(tf.transpose(x as Image, [0, 2, 3, 1]), w as Image, 2, "same"), [0, 3, 1, 2]) },
  { name: "conv2d, channels first, explicit pads", inputs: [[2, 3, 6, 5], [3, 3, 3, 4]], f: (x, w) => tf.conv2d(x as Image, w as Image, 1, [[0, 0], [0, 0], [2, 0], [0, 1]], "NCHW"), gradient: false },
  { name: "depthToSpace, channels first", inputs: [[2, 12, 3, 2]], f: (x) => tf.depthToSpace(x as Image, 2, "NCHW"), eager: (x) => tf.transpose(tf.depthToSpace(tf.transpose(x as Image, [0, 2, 3, 1]), 2), [0, 3, 1, 2]), gradient: false },
  { name: "depthwiseConv2d, pads wider than the filter", inputs: [[1, 4, 4, 2], [2, 2, 2, 1]], f: (x, w) => tf.depthwiseConv2d(x as Image, w as Image, 1, 3) },
  { name: "fused depthwise convolution, bias and relu6", inputs: [[1, 5, 6, 2], [3, 3, 2, 1], [2]], f: (x, w, bias) => tf.fused.depthwiseConv2d({ x: x as Image, filter: w as Image, strides: 1, pad: "same", bias, activation: "relu6" }), gradient: (x, w, bias) => tf.relu6(tf.add(tf.depthwiseConv2d(x as Image, w as Image, 1, "same"), bias)) },

  avgPool([2, 6, 6, 3], 2, 2, "valid"),
  avgPool([1, 7, 5, 3], 2, 2, "valid"),
  avgPool([1, 7, 5, 3], 3, 2, "same"),
  avgPool([1, 5, 6, 2], 3, 1, "same"),
  avgPool([1, 6, 6, 1], [2, 3], [1, 2], "valid"),
  avgPool([1, 6, 6, 2], 2, 3, "valid"), // pixels that no window reaches
  avgPool([1, 4, 4, 2], 4, 4, "valid"), // global
  { name: "the gradient of avgPool where padding cuts nothing is tfjs's", inputs: [[1, 7, 7, 2]], f: (x) => tf.avgPool(x as Image, 3, 2, "valid") },
  { name: "maxPoolWithArgmax", inputs: [[2, 6, 5, 3]], f: (x) => tf.maxPoolWithArgmax(x as Image, 2, 2, "same").indexes, gradient: false },
  { name: "maxPoolWithArgmax of a batch", inputs: [[2, 6, 5, 3]], f: (x) => tf.maxPoolWithArgmax(x as Image, 3, 2, "valid", true).indexes, gradient: false },
  { name: "maxPoolWithArgmax, values", inputs: [[2, 6, 5, 3]], f: (x) => tf.maxPoolWithArgmax(x as Image, 3, 2, "valid").result, gradient: false },

  ...resizes([2, 3, 4, 2], [6, 8]),
  ...resizes([1, 5, 4, 3], [7, 9]),
  ...resizes([1, 7, 6, 1], [3, 2]),
  ...resizes([1, 1, 3, 2], [4, 1]),
  { name: "the gradient of resizeBilinear on squares is tfjs's", inputs: [[2, 4, 4, 2]], f: (x) => tf.image.resizeBilinear(x as Image, [7, 7]) },
  { name: "the gradient of resizeNearestNeighbor on one sample is tfjs's", inputs: [[1, 3, 4, 2]], f: (x) => tf.image.resizeNearestNeighbor(x as Image, [6, 8]) },
  { name: "an eager gradient of resizes inside the step", inputs: [[1, 4, 4, 2]], f: (x) => tf.grad((y) => tf.add(tf.sum(tf.square(tf.image.resizeBilinear(y as Image, [7, 7], true))), tf.sum(tf.square(tf.image.resizeNearestNeighbor(y as Image, [6, 6])))))(x), gradient: false },

  { name: "localResponseNormalization", inputs: [[2, 3, 2, 7]], f: (x) => tf.localResponseNormalization(x as Image, 2, 1.5, 0.3, 0.75) },
  { name: "an eager gradient of localResponseNormalization inside the step", inputs: [[2, 3, 2, 7]], f: (x) => tf.grad((y) => tf.sum(tf.square(tf.localResponseNormalization(y as Image, 2, 1.5, 0.3, 0.75))))(x), gradient: false },
  { name: "spaceToBatchND", inputs: [[2, 3, 4, 3]], f: (x) => tf.spaceToBatchND(x, [2, 3], [[1, 0], [0, 2]]) },
  { name: "batchToSpaceND", inputs: [[12, 2, 2, 3]], f: (x) => tf.batchToSpaceND(x, [2, 3], [[1, 0], [0, 2]]) },
  { name: "depthToSpace", inputs: [[2, 3, 2, 12]], f: (x) => tf.depthToSpace(x as Image, 2), gradient: "linear" },
  { name: "flipLeftRight", inputs: [[2, 3, 4, 2]], f: (x) => tf.image.flipLeftRight(x as Image), gradient: "linear" },
  { name: "grayscaleToRGB", inputs: [[2, 3, 4, 1]], f: (x) => tf.image.grayscaleToRGB(x as Image) },
  { name: "mirrorPad, reflect", inputs: [[3, 4, 2]], f: (x) => tf.mirrorPad(x, [[2, 1], [0, 3], [0, 0]], "reflect"), gradient: "linear" },
  { name: "mirrorPad, symmetric", inputs: [[3, 4]], f: (x) => tf.mirrorPad(x, [[3, 0], [1, 2]], "symmetric"), gradient: "linear" },
]; // prettier-ignore
