// ADA's general geometric transformations: scalings and rotations (Karras et al. 2020, appendix B).
import type { Tensor, Tensorflow } from "../tensorflow.ts";
import { type Affine, IDENTITY } from "./affine.ts";

/** Enlarged by `x` and `y` along the axes, each [B]; below 1 is reduced. */
export function scaled(tf: Tensorflow, x: Tensor, y: Tensor): Affine {
  return { ...IDENTITY, xx: tf.reciprocal(x), yy: tf.reciprocal(y) };
}

/** Turned clockwise by an angle [B] in radians. */
export function rotated(tf: Tensorflow, angle: Tensor): Affine {
  const [cos, sin] = [tf.cos(angle), tf.sin(angle)];
  return { ...IDENTITY, xx: cos, xy: sin, yx: tf.neg(sin), yy: cos };
}
