// DiffAugment's cut-out: a rectangle of each image becomes zero (Zhao et al. 2020, §3).
import { type Tensor, type Tensorflow, wholeNumbers } from "../tensorflow.ts";

/** Of the image's height and width. */
const RATIO = 0.5;

/**
 * Images [B, H, W, C] without a rectangle of half their height and width, whose middle is drawn from u [B, 2] in [0, 1)
 * anywhere on the image; what of it lies beyond the border cuts nothing.
 */
export function cutout(tf: Tensorflow, images: Tensor, u: Tensor): Tensor {
  const [batch, height, width] = images.shape;
  const isCut = (axis: number, size: number): Tensor => {
    const length = Math.floor(size * RATIO + 0.5);
    const middle = wholeNumbers(tf, tf.slice(u, [0, axis], [-1, 1]), size + 1 - (length % 2)); // [B, 1]
    const first = tf.sub(middle, Math.floor(length / 2));
    const places = tf.range(0, size); // [size]
    const inside = tf.logicalAnd(tf.greaterEqual(places, first), tf.less(places, tf.add(first, length)));
    return tf.cast(inside, "float32"); // [B, size]
  };
  const rows = tf.reshape(isCut(0, height), [batch, height, 1, 1]);
  const columns = tf.reshape(isCut(1, width), [batch, 1, width, 1]);
  return tf.mul(images, tf.sub(1, tf.mul(rows, columns)));
}
