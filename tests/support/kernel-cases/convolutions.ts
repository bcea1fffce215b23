// Cases for 2-D convolutions: forward, and the gradients for image and filter.
import * as tf from "@tensorflow/tfjs-core";
import { ganParts } from "../../../coordinator/compiler/models/users/model-context.ts";
import type { OracleCase } from "../oracle.ts";

const { layers } = ganParts();

type Pad = "same" | "valid" | number;
type Image = tf.Tensor4D;

const dims = (shape: readonly number[]): string => `[${shape.join(",")}]`;

const convolution = (
  image: number[],
  filter: number[],
  strides: number | [number, number],
  pad: Pad,
): OracleCase => ({
  name: `conv2d ${dims(image)} with ${dims(filter)}, stride ${String(strides)}, ${pad}`,
  inputs: [image, filter],
  f: (x, w) => tf.conv2d(x as Image, w as Image, strides, pad),
});

/** `image` is what goes in, `output` what comes out of a transposed convolution. */
const transposed = (
  image: number[],
  filter: number[],
  output: number[],
  strides: number,
  pad: Pad,
): OracleCase => ({
  name: `conv2dTranspose ${dims(image)} to ${dims(output)} with ${dims(filter)}, stride ${strides}, ${pad}`,
  inputs: [image, filter],
  f: (x, w) =>
    tf.conv2dTranspose(x as Image, w as Image, output as [number, number, number, number], strides, pad),
});

/** What comes after a convolution, which leaves its image HWBC. */
const after = (name: string, f: (image: Image) => tf.Tensor): OracleCase => ({
  name: `${name} of a convolution's image`,
  inputs: [
    [3, 5, 4, 2],
    [3, 3, 2, 6],
  ],
  f: (x, w) => f(tf.conv2d(x as Image, w as Image, 1, "same")),
});

export const CONVOLUTIONS: readonly OracleCase[] = [
  // Enough channels for tiles and points: strides 1 to 3, padding that fits the stride and padding that does not.
  convolution([2, 7, 7, 16], [5, 5, 16, 17], 1, "same"),
  convolution([2, 14, 14, 16], [5, 5, 16, 18], 2, "same"),
  convolution([3, 9, 8, 17], [3, 3, 17, 16], 1, "same"),
  convolution([2, 8, 6, 16], [4, 4, 16, 20], 2, "same"),
  convolution([2, 9, 7, 16], [4, 4, 16, 16], 2, "valid"),
  convolution([1, 11, 10, 16], [3, 2, 16, 16], [3, 1], "valid"),
  convolution([2, 6, 6, 16], [3, 3, 16, 16], 1, 2),
  convolution([2, 5, 5, 16], [1, 1, 16, 16], 1, "same"),
  convolution([2, 5, 6, 16], [1, 1, 16, 16], 2, "same"),
  convolution([1, 12, 12, 16], [9, 9, 16, 16], 1, "same"),
  transposed([2, 7, 7, 16], [5, 5, 16, 16], [2, 14, 14, 16], 2, "same"),
  transposed([2, 4, 4, 16], [4, 4, 17, 16], [2, 8, 8, 17], 2, "same"),
  transposed([2, 4, 3, 16], [3, 3, 16, 16], [2, 7, 5, 16], 2, "same"),
  transposed([1, 3, 3, 16], [3, 3, 16, 16], [1, 9, 9, 16], 3, "same"),

  after("leaky ReLU", (x) => tf.leakyRelu(x, 0.2)),
  after("bias and ReLU", (x) => tf.relu(tf.add(x, tf.tensor1d([1, 2, 3, 4, 5, 6])))),
  after("one factor a sample", (x) => tf.mul(x, tf.tensor4d([1, 2, 3], [3, 1, 1, 1]))),
  after("a factor for each place", (x) => tf.mul(x, tf.tensor2d([1, 2, 3, 4], [4, 1]))),
  after("mean over all but the channels", (x) => tf.mean(x, [0, 1, 2])),
  after("sum over the image", (x) => tf.sum(x, [1, 2])),
  after("sum over the rows", (x) => tf.sum(x, 1)),
  after("sum over the channels", (x) => tf.sum(x, -1)),
  after("mean kept over samples and columns", (x) => tf.sub(x, tf.mean(x, [0, 2], true))),
  after("a flat view", (x) => tf.reshape(x, [3, -1])),
  after("twice the size, filtered", (x) => layers.firResample({ direction: "up" }).apply(x) as tf.Tensor),
  after("half the size, filtered", (x) => layers.firResample({ direction: "down" }).apply(x) as tf.Tensor),
  after("rows and columns in front", (x) => tf.transpose(x, [1, 2, 0, 3])),
  after("samples seen as rows", (x) => tf.transpose(x, [2, 0, 1, 3])),
  after("a 1x1 convolution", (x) => tf.conv2d(x, tf.tensor4d(Array.from({ length: 42 }, (_, i) => Math.sin(i)), [1, 1, 6, 7]), 1, "same")),
  after("a slice", (x) => tf.slice(x, [1, 1, 0, 2], [2, 3, -1, 2])),

  // Thin sides, of images and of gradients, and few channels on both.
  convolution([2, 7, 7, 1], [5, 5, 1, 8], 1, "same"),
  convolution([2, 7, 6, 8], [3, 3, 8, 1], 1, "same"),
  convolution([2, 7, 7, 6], [3, 3, 6, 7], 1, "same"),
  convolution([2, 8, 7, 6], [3, 3, 6, 7], 2, "same"),
  convolution([1, 9, 9, 6], [4, 4, 6, 5], 2, "same"),
  convolution([2, 9, 8, 5], [3, 3, 5, 5], 3, "valid"),
  convolution([1, 6, 7, 3], [3, 2, 3, 2], [2, 1], "valid"),
  convolution([1, 6, 6, 5], [3, 3, 5, 6], 1, 2),
  convolution([1, 6, 6, 5], [5, 5, 5, 1], 1, "valid"),
  convolution([1, 1, 9, 2], [1, 3, 2, 3], 2, "same"),
  convolution([3, 5, 5, 6], [1, 1, 6, 5], 1, "same"),
  { name: "conv2d, dilated", inputs: [[1, 9, 8, 3], [3, 3, 3, 4]], f: (x, w) => tf.conv2d(x as Image, w as Image, 1, "same", "NHWC", [2, 3]), gradient: false },
  transposed([2, 7, 7, 5], [5, 5, 6, 5], [2, 7, 7, 6], 1, "same"),
  transposed([2, 4, 4, 5], [5, 5, 6, 5], [2, 8, 8, 6], 2, "same"),
  transposed([1, 4, 3, 5], [4, 4, 1, 5], [1, 8, 6, 1], 2, "same"),
  transposed([1, 4, 4, 5], [5, 5, 6, 5], [1, 7, 7, 6], 2, "same"),
  transposed([1, 3, 3, 2], [3, 3, 3, 2], [1, 9, 9, 3], 3, "same"),
]; // prettier-ignore
