// Images through an affine map: all geometry of ADA is one look-up, so that they are blurred once.
import type { Tensor, Tensorflow } from "../tensorflow.ts";
import { type Affine, type Entry, IDENTITY, sum, times } from "./affine.ts";
import { sampleBilinear } from "./sample-bilinear.ts";

/** Images [B, H, W, C], each by its own map; see `sampleBilinear` for what lies beyond the border. */
export function warp(tf: Tensorflow, images: Tensor, map: Affine): Tensor {
  if (map === IDENTITY) return images;
  const [batch, height, width] = images.shape;
  const middle = { x: (width - 1) / 2, y: (height - 1) / 2 };
  const x = tf.reshape(tf.sub(tf.range(0, width), middle.x), [1, 1, width]);
  const y = tf.reshape(tf.sub(tf.range(0, height), middle.y), [1, height, 1]);
  const entry = (value: Entry): Entry =>
    typeof value === "number" ? value : tf.reshape(value, [batch, 1, 1]);
  const place = (alongX: Entry, alongY: Entry, from: Entry, center: number): Tensor => {
    const moved = sum(tf, sum(tf, times(tf, entry(alongX), x), times(tf, entry(alongY), y)), entry(from));
    const whole = tf.add(moved, center);
    return tf.broadcastTo(whole, [batch, height, width]);
  };
  return sampleBilinear(tf, images, {
    x: place(map.xx, map.xy, map.x0, middle.x),
    y: place(map.yx, map.yy, map.y0, middle.y),
  });
}
