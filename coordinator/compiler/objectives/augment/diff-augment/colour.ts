// DiffAugment's colour: brightness, saturation and contrast, from draws u [B] in [0, 1) (Zhao et al. 2020, §3).
import { luma } from "../colour-channels.ts";
import { type Tensor, type Tensorflow, toEachImage } from "../tensorflow.ts";

/** x + (u - ½), of colours [B, H, W, C]. */
export function brightness(tf: Tensorflow, colours: Tensor, u: Tensor): Tensor {
  return tf.add(colours, toEachImage(tf, tf.sub(u, 0.5)));
}

/** Each pixel's distance from its own grey, times 2u. Grey images have none: they stay as they are. */
export function saturation(tf: Tensorflow, colours: Tensor, u: Tensor): Tensor {
  if (colours.shape[3] === 1) return colours;
  const grey = luma(tf, colours);
  return tf.add(tf.mul(tf.sub(colours, grey), toEachImage(tf, tf.mul(u, 2))), grey);
}

/** Each number's distance from the mean of its whole image, times u + ½. */
export function contrast(tf: Tensorflow, colours: Tensor, u: Tensor): Tensor {
  const mean = tf.mean(colours, [1, 2, 3], true); // [B, 1, 1, 1]
  return tf.add(tf.mul(tf.sub(colours, mean), toEachImage(tf, tf.add(u, 0.5))), mean);
}
