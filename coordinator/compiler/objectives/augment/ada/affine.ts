// Affine maps of the plane, one for each sample, with what is known to be 0 or 1 kept as a number: it costs no kernel.
import type { Tensor, Tensorflow } from "../tensorflow.ts";

/** A number of each sample, [B]; or one number for all. */
export type Entry = Tensor | number;

/**
 * Where a pixel of the augmented image comes from, in pixels from the middle of the image, y down:
 *
 *   source x = xx · x + xy · y + x0
 *   source y = yx · x + yy · y + y0
 */
export interface Affine {
  readonly xx: Entry;
  readonly xy: Entry;
  readonly x0: Entry;
  readonly yx: Entry;
  readonly yy: Entry;
  readonly y0: Entry;
}

export const IDENTITY: Affine = { xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0 };

/** The image transformed by `first`, the result by `second`: sources are looked up in the opposite order. */
export function followedBy(tf: Tensorflow, first: Affine, second: Affine): Affine {
  const product = (row: readonly [Entry, Entry], column: readonly [Entry, Entry]): Entry =>
    sum(tf, times(tf, row[0], column[0]), times(tf, row[1], column[1]));
  const x = [first.xx, first.xy] as const;
  const y = [first.yx, first.yy] as const;
  return {
    xx: product(x, [second.xx, second.yx]),
    xy: product(x, [second.xy, second.yy]),
    x0: sum(tf, product(x, [second.x0, second.y0]), first.x0),
    yx: product(y, [second.xx, second.yx]),
    yy: product(y, [second.xy, second.yy]),
    y0: sum(tf, product(y, [second.x0, second.y0]), first.y0),
  };
}

export function times(tf: Tensorflow, a: Entry, b: Entry): Entry {
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (a === 0 || b === 0) return 0;
  if (a === 1) return b;
  if (b === 1) return a;
  return tf.mul(a, b);
}

export function sum(tf: Tensorflow, a: Entry, b: Entry): Entry {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  return tf.add(a, b);
}
