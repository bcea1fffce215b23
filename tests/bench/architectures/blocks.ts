// The blocks that architectures are made of, each as a gradient step of its own: what blocks.py is in PyTorch.
import * as tf from "@tensorflow/tfjs-core";
import { ganParts } from "../../../coordinator/compiler/models/users/model-context.ts";
import { groupedConv2d } from "../../../shared/program/grouped-convolution.ts";

const { layers } = ganParts();

type Image = tf.Tensor4D;
type Tensors = readonly tf.Tensor[];

export interface Block {
  readonly name: string;
  /** Of x and of each weight; x is [B, H, W, C]. */
  readonly shapes: readonly (readonly number[])[];
  readonly forward: (tensors: Tensors) => tf.Tensor;
}

export const BATCH = 16;

const activation = (x: tf.Tensor, bias: tf.Tensor): tf.Tensor => tf.leakyRelu(tf.add(x, bias), 0.2);
const conv = (x: tf.Tensor, w: tf.Tensor, bias?: tf.Tensor): tf.Tensor => {
  const y = tf.conv2d(x as Image, w as Image, 1, "same");
  return bias ? tf.add(y, bias) : y;
};

/** x + 1×1(act(grouped 3×3(act(1×1 x)))), act = bias, then LeakyReLU 0.2; the channels doubled between, 16 a group. */
function residual(size: number, width: number): Block {
  const wide = 2 * width;
  return {
    name: `r3gan residual ${size}x${size}x${width}`,
    shapes: [[BATCH, size, size, width], [1, 1, width, wide], [wide], [3, 3, 16, wide], [wide], [1, 1, wide, width]],
    forward: ([x, first, b1, grouped, b2, last]) => {
      const wider = activation(conv(x, first), b1);
      return tf.add(x, conv(activation(groupedConv2d(wider, grouped, { padding: "same" }), b2), last));
    },
  }; // prettier-ignore
}

/** From one size to the next: FIR, then 1×1 where the widths differ; upwards the 1×1 comes first, on the small image. */
function transition(direction: "up" | "down", size: number, from: number, to: number): Block {
  return {
    name: `r3gan ${direction} ${size}x${size} ${from}-${to}`,
    shapes: [
      [BATCH, size, size, from],
      [1, 1, from, to],
    ],
    forward: ([x, w]) => {
      const resample = layers.firResample({ direction, name: "resample" });
      return direction === "up"
        ? (resample.apply(conv(x, w)) as tf.Tensor)
        : conv(resample.apply(x) as tf.Tensor, w);
    },
  };
}

/** Miyato et al. 2018: ReLU, 3×3, ReLU, 3×3, mean over 2×2; past it a 1×1 and the mean. */
function resnetDown(size: number, width: number): Block {
  return {
    name: `sngan down ${size}x${size}x${width}`,
    shapes: [[BATCH, size, size, width], [3, 3, width, width], [width], [3, 3, width, width], [width], [1, 1, width, width]],
    forward: ([x, w1, b1, w2, b2, skip]) => {
      const main = conv(tf.relu(conv(tf.relu(x), w1, b1)), w2, b2);
      return tf.add(tf.avgPool(main as Image, 2, 2, "valid"), tf.avgPool(conv(x, skip) as Image, 2, 2, "valid"));
    },
  }; // prettier-ignore
}

/** ReLU, twice the size, 3×3, ReLU, 3×3; past it twice the size and a 1×1. */
function resnetUp(size: number, width: number, kind: "nearest" | "bilinear"): Block {
  const double = (x: tf.Tensor): tf.Tensor =>
    kind === "nearest"
      ? tf.image.resizeNearestNeighbor(x as Image, [2 * size, 2 * size])
      : tf.image.resizeBilinear(x as Image, [2 * size, 2 * size], false, true);
  return {
    name: `sngan up, ${kind}, ${size}x${size}x${width}`,
    shapes: [[BATCH, size, size, width], [3, 3, width, width], [width], [3, 3, width, width], [width], [1, 1, width, width]],
    forward: ([x, w1, b1, w2, b2, skip]) =>
      tf.add(conv(tf.relu(conv(double(tf.relu(x)), w1, b1)), w2, b2), conv(double(x), skip)),
  }; // prettier-ignore
}

/** Zhang et al. 2019: queries of C / 8, keys of C / 8 and values of C / 2 at half the size, 1×1 back to C, times γ. */
function attention(size: number, width: number): Block {
  const [places, few] = [size * size, (size * size) / 4];
  return {
    name: `sagan attention ${size}x${size}x${width}`,
    shapes: [[BATCH, size, size, width], [1, 1, width, width / 8], [1, 1, width, width / 8], [1, 1, width, width / 2], [1, 1, width / 2, width], []],
    forward: ([x, query, key, value, out, gamma]) => {
      const pooled = (y: tf.Tensor): tf.Tensor => tf.maxPool(y as Image, 2, 2, "valid");
      const queries = tf.reshape(conv(x, query), [BATCH, places, width / 8]);
      const keys = tf.reshape(pooled(conv(x, key)), [BATCH, few, width / 8]);
      const values = tf.reshape(pooled(conv(x, value)), [BATCH, few, width / 2]);
      const map = tf.softmax(tf.matMul(queries, keys, false, true));
      const seen = tf.reshape(tf.matMul(map, values), [BATCH, size, size, width / 2]);
      return tf.add(x, tf.mul(gamma, conv(seen, out)));
    },
  }; // prettier-ignore
}

/** The end of R3GAN's D: a valid depthwise 4×4 on a 4×4 map, then a linear layer. */
function head(width: number): Block {
  return {
    name: `r3gan head 4x4x${width}`,
    shapes: [
      [BATCH, 4, 4, width],
      [4, 4, width, 1],
      [width, 1],
    ],
    forward: ([x, w, linear]) =>
      tf.matMul(tf.reshape(tf.depthwiseConv2d(x as Image, w as Image, 1, "valid"), [BATCH, width]), linear),
  };
}

export const BLOCKS: readonly Block[] = [
  residual(7, 128),
  residual(14, 64),
  residual(28, 32),
  residual(8, 128),
  residual(16, 64),
  residual(32, 32),
  transition("down", 28, 32, 64),
  transition("up", 14, 64, 32),
  head(128),
  resnetDown(16, 128),
  resnetUp(8, 128, "nearest"),
  resnetUp(8, 128, "bilinear"),
  attention(16, 64),
  attention(32, 64),
];

/** sin(i + tensor), scaled so that a layer keeps its input's variance: any language draws the same. */
export function fillTensor(array: Float32Array, index: number, shape: readonly number[]): void {
  const fanIn = index === 0 ? 1 : shape.slice(0, -1).reduce((product, size) => product * size, 1);
  for (let i = 0; i < array.length; i++) array[i] = Math.sin(i * i * 0.37 + index) / Math.sqrt(fanIn);
}
