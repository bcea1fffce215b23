// ADA's augmentation pipeline "bgc": each transformation of each sample with probability p (Karras et al. 2020, appendix B).
import { ADA_TRANSFORMS, type AdaTransform } from "../../../../../shared/config/objectives/choices.ts";
import { onColours } from "../colour-channels.ts";
import { type Tensor, type Tensorflow, wholeNumbers } from "../tensorflow.ts";
import { type Affine, IDENTITY, followedBy } from "./affine.ts";
import { quarterTurns, translated, xFlip } from "./blitting.ts";
import { brightness, contrast, hue, lumaFlip, saturation } from "./colour.ts";
import { rotated, scaled } from "./geometry.ts";
import { warp } from "./warp.ts";

/** Largest move by whole pixels, and standard deviation of moves by fractions, as shares of width and height. */
const TRANSLATION = 0.125;
/** Standard deviations: of log₂ of scales, of the brightness added, of log₂ of contrast and of saturation. */
const SCALE = 0.2;
const BRIGHTNESS = 0.2;
const CONTRAST = 0.5;
const SATURATION = 1;

/**
 * Images [B, H, W, C] in [-1, 1] with new draws for each of them. p, 0 … 1, is a number or a scalar: at 0 they are the
 * same to the bit. Images that are not square are turned by half turns only. Without wavelet filtering around the
 * geometry, which the paper has: see `sampleBilinear`.
 */
export function ada(
  tf: Tensorflow,
  images: Tensor,
  p: Tensor | number,
  transforms: readonly AdaTransform[] = ADA_TRANSFORMS,
): Tensor {
  const maps = [
    ...(transforms.includes("blit") ? blitting(tf, images, p) : []),
    ...(transforms.includes("geometry") ? geometry(tf, images, p) : []),
  ];
  const map = maps.reduce((first, second) => followedBy(tf, first, second), IDENTITY);
  const moved = warp(tf, images, map);
  return transforms.includes("colour") ? recoloured(tf, moved, p) : moved;
}

/** The parameter [B] of each sample with probability p, otherwise the neutral one, which changes nothing. */
type Gate = (
  p: Tensor | number,
  parameter: Tensor,
  neutral: number,
  /** Draws [B] in [0, 1) that decide; the same for two parameters, both are taken or none. */
  decision?: Tensor,
) => Tensor;

function gateOf(tf: Tensorflow, batch: number): Gate {
  return (p, parameter, neutral, decision = tf.randomUniform([batch])) =>
    tf.where(tf.less(decision, p), parameter, tf.fill([batch], neutral));
}

function blitting(tf: Tensorflow, images: Tensor, p: Tensor | number): Affine[] {
  const [batch, height, width] = images.shape;
  const gate = gateOf(tf, batch);
  const whole = (n: number): Tensor => wholeNumbers(tf, tf.randomUniform([batch]), n);
  const flipped = gate(p, whole(2), 0);
  const quarters = gate(p, height === width ? whole(4) : tf.mul(whole(2), 2), 0);
  const isMoved = tf.randomUniform([batch]);
  const pixels = (size: number): Tensor => {
    const share = tf.mul(tf.sub(tf.mul(tf.randomUniform([batch]), 2), 1), TRANSLATION);
    return gate(p, tf.round(tf.mul(share, size)), 0, isMoved);
  };
  return [xFlip(tf, flipped), quarterTurns(tf, quarters), translated(tf, pixels(width), pixels(height))];
}

function geometry(tf: Tensorflow, images: Tensor, p: Tensor | number): Affine[] {
  const [batch, height, width] = images.shape;
  const gate = gateOf(tf, batch);
  const factor = (): Tensor => gate(p, powerOf2(tf, batch, SCALE), 1);
  // Two rotations, each with the probability that makes p for at least one of them.
  const each = tf.sub(1, tf.sqrt(tf.clipByValue(tf.sub(1, p), 0, 1)));
  const angle = (): Tensor => gate(each, anyAngle(tf, batch), 0);
  const [size, before, stretch, after] = [factor(), angle(), factor(), angle()];
  const isMoved = tf.randomUniform([batch]);
  const pixels = (length: number): Tensor =>
    gate(p, tf.mul(tf.randomNormal([batch]), TRANSLATION * length), 0, isMoved);
  return [
    scaled(tf, size, size),
    rotated(tf, before),
    scaled(tf, stretch, tf.reciprocal(stretch)),
    rotated(tf, after),
    translated(tf, pixels(width), pixels(height)),
  ];
}

function recoloured(tf: Tensorflow, images: Tensor, p: Tensor | number): Tensor {
  const batch = images.shape[0];
  const gate = gateOf(tf, batch);
  return onColours(tf, images, (colours) => {
    let changed = brightness(tf, colours, gate(p, tf.mul(tf.randomNormal([batch]), BRIGHTNESS), 0));
    changed = contrast(tf, changed, gate(p, powerOf2(tf, batch, CONTRAST), 1));
    changed = lumaFlip(tf, changed, gate(p, wholeNumbers(tf, tf.randomUniform([batch]), 2), 0));
    changed = hue(tf, changed, gate(p, anyAngle(tf, batch), 0));
    return saturation(tf, changed, gate(p, powerOf2(tf, batch, SATURATION), 1));
  });
}

function powerOf2(tf: Tensorflow, batch: number, deviation: number): Tensor {
  return tf.exp(tf.mul(tf.randomNormal([batch]), deviation * Math.LN2));
}

/** In [-π, π). */
function anyAngle(tf: Tensorflow, batch: number): Tensor {
  return tf.mul(tf.sub(tf.mul(tf.randomUniform([batch]), 2), 1), Math.PI);
}
