// ADA's colour transformations (Karras et al. 2020, appendix B), written so that neutral parameters change no bit.
import { luma } from "../colour-channels.ts";
import { type Tensor, type Tensorflow, toEachImage } from "../tensorflow.ts";

/** x + shift, of colours [B, H, W, C]; shift [B]. */
export function brightness(tf: Tensorflow, colours: Tensor, shift: Tensor): Tensor {
  return tf.add(colours, toEachImage(tf, shift));
}

/** x · factor; factor [B]. */
export function contrast(tf: Tensorflow, colours: Tensor, factor: Tensor): Tensor {
  return tf.mul(colours, toEachImage(tf, factor));
}

/** The sign of what is the same in all colours is turned where `flipped` [B] is 1: light becomes dark, and hues stay. */
export function lumaFlip(tf: Tensorflow, colours: Tensor, flipped: Tensor): Tensor {
  return tf.sub(colours, tf.mul(luma(tf, colours), toEachImage(tf, tf.mul(flipped, 2))));
}

/**
 * Red, green and blue turned about the axis of greys by an angle [B] in radians (Rodrigues' formula):
 *
 *   x + (1 - cos) · (luma - x) + sin · (axis × x)         axis = (1, 1, 1) / √3
 *
 * Only three colours have such an axis: images of any other number stay as they are.
 */
export function hue(tf: Tensorflow, colours: Tensor, angle: Tensor): Tensor {
  if (colours.shape[3] !== 3) return colours;
  const [red, green, blue] = tf.split(colours, 3, 3);
  const cross = tf.concat([tf.sub(blue, green), tf.sub(red, blue), tf.sub(green, red)], 3);
  const away = tf.mul(tf.sub(luma(tf, colours), colours), toEachImage(tf, tf.sub(1, tf.cos(angle))));
  const around = tf.mul(cross, toEachImage(tf, tf.mul(tf.sin(angle), 1 / Math.sqrt(3))));
  return tf.add(tf.add(colours, away), around);
}

/** Each pixel's distance from its own grey, times factor [B]. Grey images have none: they stay as they are. */
export function saturation(tf: Tensorflow, colours: Tensor, factor: Tensor): Tensor {
  if (colours.shape[3] === 1) return colours;
  const excess = toEachImage(tf, tf.sub(factor, 1));
  return tf.add(colours, tf.mul(tf.sub(colours, luma(tf, colours)), excess));
}
