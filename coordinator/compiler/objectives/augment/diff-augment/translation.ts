// DiffAugment's translation: images moved by whole pixels, what comes in at the border is zero (Zhao et al. 2020, §3).
import { type Tensor, type Tensorflow, wholeNumbers } from "../tensorflow.ts";

/** How far an image moves at most, as a share of its height and width. */
const RATIO = 0.125;

/**
 * Images [B, H, W, C] moved down and to the right by whole numbers of pixels drawn from u [B, 2] in [0, 1): each in
 * -s … s, where s is an eighth of the height or width, rounded.
 */
export function translation(tf: Tensorflow, images: Tensor, u: Tensor): Tensor {
  const [batch, height, width] = images.shape;
  const shiftOf = (axis: number, size: number): Tensor => {
    const most = Math.floor(size * RATIO + 0.5);
    const drawn = wholeNumbers(tf, tf.slice(u, [0, axis], [-1, 1]), 2 * most + 1);
    return tf.reshape(tf.sub(drawn, most), [batch, 1, 1]);
  };
  const down = movedRows(tf, images, shiftOf(0, height));
  const turned = movedRows(tf, tf.transpose(down, [0, 2, 1, 3]), shiftOf(1, width));
  return tf.transpose(turned, [0, 2, 1, 3]);
}

/** Row i becomes row i + shift: a product with ones and zeros, so that it is exact and has gradients of any order. */
function movedRows(tf: Tensorflow, images: Tensor, shift: Tensor): Tensor {
  const [batch, rows, columns, channels] = images.shape;
  const to = tf.reshape(tf.range(0, rows), [1, rows, 1]);
  const from = tf.range(0, rows); // [rows]
  const isSource = tf.cast(tf.equal(tf.sub(to, shift), from), "float32"); // [B, rows, rows]
  const moved = tf.matMul(isSource, tf.reshape(images, [batch, rows, columns * channels]));
  return tf.reshape(moved, images.shape);
}
