// Images looked up at places between their pixels, each sample at its own: linear in the images, with exact gradients.
import type { Tensor, Tensorflow } from "../tensorflow.ts";

/** Where each pixel of the result comes from, in pixels: the middle of the first is 0. Each [B, H, W]. */
export interface Places {
  readonly x: Tensor;
  readonly y: Tensor;
}

/**
 * Images [B, H, W, C] at the places, bilinearly; beyond the border they are reflected at the outermost pixels' middles,
 * again and again. Nothing is filtered before: a reduced image may alias.
 *
 * Pixels are gathered; back goes what a pixel gave, by products with matrices of weights, since adding up by index has
 * no fixed order on a GPU. Each is the gradient of the other, so that there are gradients of any order with respect to
 * images; there are none with respect to places.
 */
export function sampleBilinear(tf: Tensorflow, images: Tensor, { x, y }: Places): Tensor {
  const [, height, width] = images.shape;
  const places = { x: reflected(tf, x, width), y: reflected(tf, y, height) };
  const gather = (from: Tensor): Tensor =>
    tf.customGrad((pixels) => ({ value: gathered(tf, pixels as Tensor, places), gradFunc: spread }))(from);
  const spread = (from: Tensor): Tensor =>
    tf.customGrad((dy) => ({ value: spreadBack(tf, dy as Tensor, places), gradFunc: gather }))(from);
  return gather(images);
}

/** On the axis of `size` pixels, 0 … size - 1: …2 1 0 1 2 … size - 1 … 2 1 0… */
function reflected(tf: Tensorflow, place: Tensor, size: number): Tensor {
  if (size === 1) return tf.zerosLike(place);
  const last = size - 1;
  const inPeriod = tf.sub(place, tf.mul(tf.floor(tf.div(place, 2 * last)), 2 * last));
  return tf.sub(last, tf.abs(tf.sub(inPeriod, last)));
}

/** The four pixels around each place, by their weights. */
function gathered(tf: Tensorflow, images: Tensor, { x, y }: Places): Tensor {
  const [batch, height, width, channels] = images.shape;
  const rows = tf.reshape(images, [batch * height * width, channels]);
  const [left, top] = [tf.floor(x), tf.floor(y)];
  const right = tf.minimum(tf.add(left, 1), width - 1);
  const bottom = tf.minimum(tf.add(top, 1), height - 1);
  const toRight = tf.expandDims(tf.sub(x, left), 3);
  const toBottom = tf.expandDims(tf.sub(y, top), 3);

  const whole = (value: Tensor): Tensor => tf.cast(value, "int32"); // float32 counts to 2^24 only
  const firstRow = tf.reshape(tf.mul(tf.range(0, batch, 1, "int32"), tf.scalar(height, "int32")), [
    batch,
    1,
    1,
  ]);
  const begins = (row: Tensor): Tensor => tf.mul(tf.add(firstRow, whole(row)), tf.scalar(width, "int32"));
  const along = (row: Tensor): Tensor => {
    const begin = begins(row);
    const pixels = (column: Tensor): Tensor => tf.gather(rows, tf.add(begin, whole(column)));
    return mixed(tf, pixels(left), pixels(right), toRight);
  };
  return mixed(tf, along(top), along(bottom), toBottom); // [B, H, W, C]
}

function mixed(tf: Tensorflow, first: Tensor, second: Tensor, share: Tensor): Tensor {
  return tf.add(tf.mul(first, tf.sub(1, share)), tf.mul(second, share));
}

/**
 * The transpose of `gathered`, channel by channel:
 *
 *   image[i, j] = Σ weight(y[n] - i) · weight(x[n] - j) · dy[n]       n over the pixels of the result
 */
function spreadBack(tf: Tensorflow, dy: Tensor, { x, y }: Places): Tensor {
  const [batch, height, width, channels] = dy.shape;
  const weights = (place: Tensor, size: number): Tensor => {
    const distance = tf.abs(tf.sub(tf.reshape(place, [batch, height * width, 1]), tf.range(0, size)));
    return tf.relu(tf.sub(1, distance)); // [B, H·W, size]
  };
  const [rows, columns] = [weights(y, height), weights(x, width)];
  const parts = tf.split(dy, channels, 3).map((channel) => {
    const weighted = tf.mul(columns, tf.reshape(channel, [batch, height * width, 1]));
    return tf.matMul(rows, weighted, true, false); // [B, H, W]
  });
  return tf.stack(parts, 3);
}
