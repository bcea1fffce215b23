// ADA's pixel blitting: flips, quarter turns and moves by whole pixels, which lose nothing (Karras et al. 2020, appendix B).
import type { Tensor, Tensorflow } from "../tensorflow.ts";
import { type Affine, IDENTITY } from "./affine.ts";

/** Left and right exchanged where `flipped` [B] is 1; 0 leaves a sample alone. */
export function xFlip(tf: Tensorflow, flipped: Tensor): Affine {
  return { ...IDENTITY, xx: tf.sub(1, tf.mul(flipped, 2)) };
}

/**
 * Turned clockwise by `quarters` [B] (0 … 3) of a right angle. Cosine and sine are looked up, 1 0 -1 0 and 0 1 0 -1, so
 * that pixels land exactly on pixels.
 */
export function quarterTurns(tf: Tensorflow, quarters: Tensor): Affine {
  const cos = tf.sub(tf.abs(tf.sub(quarters, 2)), 1);
  const sin = tf.sub(1, tf.abs(tf.sub(quarters, 1)));
  return { ...IDENTITY, xx: cos, xy: sin, yx: tf.neg(sin), yy: cos };
}

/** Moved by x pixels to the right and y down, each [B]; of fractions of a pixel too. */
export function translated(tf: Tensorflow, x: Tensor, y: Tensor): Affine {
  return { ...IDENTITY, x0: tf.neg(x), y0: tf.neg(y) };
}
