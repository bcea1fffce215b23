// The gradient of max pooling's gradient, which is linear in dy.
import * as tf from "@tensorflow/tfjs-core";
import { poolingOf } from "../../../shared/program/shapes.ts";
import { type Gradients, gradient } from "./gradient-config.ts";

export const POOLING: Gradients = new Map([
  [
    "MaxPoolGrad",
    gradient(["input", "output"], (ddx, [input, output], attributes) => ({
      dy: () => atMaxima(ddx, input, output, attributes),
    })),
  ],
]);

/**
 * From each window of ddx the element where the window of x has its maximum, the first of equals in row-major order
 * (as tfjs pools). One slice of every window at a time: the k-th element of all windows is a strided slice of the image.
 */
function atMaxima(ddx: tf.Tensor, x: tf.Tensor, maxima: tf.Tensor, attributes: tf.NamedAttrMap): tf.Tensor {
  const pool = poolingOf(x.shape, attributes);
  const paddedX = padded(x, pool, Number.NEGATIVE_INFINITY);
  const paddedDdx = padded(ddx, pool, 0);
  const picked: tf.Tensor[] = [];
  let open = tf.ones(maxima.shape); // 1 where no earlier element was the maximum
  for (let row = 0; row < pool.effectiveFilterHeight; row++) {
    for (let column = 0; column < pool.effectiveFilterWidth; column++) {
      const isMaximum = tf.cast(tf.equal(ofWindows(paddedX, pool, row, column), maxima), "float32");
      const first = tf.mul(open, isMaximum);
      open = tf.sub(open, first);
      picked.push(tf.mul(first, ofWindows(paddedDdx, pool, row, column)));
    }
  }
  return tf.addN(picked);
}

type Pool = ReturnType<typeof poolingOf>;

/** Room for every window, and for whole strides after the last one. */
function padded(x: tf.Tensor, pool: Pool, value: number): tf.Tensor {
  const { top, left } = pool.padInfo;
  const height = pool.outHeight * pool.strideHeight + pool.effectiveFilterHeight;
  const width = pool.outWidth * pool.strideWidth + pool.effectiveFilterWidth;
  return tf.pad(
    x,
    [
      [0, 0],
      [top, Math.max(0, height - top - pool.inHeight)],
      [left, Math.max(0, width - left - pool.inWidth)],
      [0, 0],
    ],
    value,
  );
}

/** Element (row, column) of every window: [B, outHeight, outWidth, C]. */
function ofWindows(x: tf.Tensor, pool: Pool, row: number, column: number): tf.Tensor {
  const { batchSize, outHeight, outWidth, strideHeight, strideWidth, inChannels } = pool;
  const whole = tf.slice(
    x,
    [0, row, column, 0],
    [batchSize, outHeight * strideHeight, outWidth * strideWidth, inChannels],
  );
  const strided = tf.reshape(whole, [
    batchSize * outHeight,
    strideHeight,
    outWidth,
    strideWidth * inChannels,
  ]);
  const picked = tf.slice(strided, [0, 0, 0, 0], [batchSize * outHeight, 1, outWidth, inChannels]);
  return tf.reshape(picked, [batchSize, outHeight, outWidth, inChannels]);
}
