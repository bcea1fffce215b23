// Shifts and mirrors images, each in its own way, as products with matrices: differentiable to any order on every engine.
import type * as tf from "@tensorflow/tfjs-core";
import type { Tensorflow } from "../../models/users/model-context.ts";
import { wholeNumbers } from "../augment/tensorflow.ts";

/** Of the side of an image: at 32 pixels up to 4 in each direction, as in the paper. */
const LARGEST_PART = 1 / 8;

/**
 * T(x) of bCR (Zhao et al. 2020): [B, H, W, C] shifted by whole pixels up to an eighth of its sides, reflected at the edges,
 * and where `flip` mirrored left to right with probability ½. Draws u [B], v [B] for the rows and columns of the shift, and
 * w [B] for the mirror, from [0, 1): the shift is ⌊u · (2 m + 1)⌋ − m pixels.
 */
export function shiftedAndMirrored(tfjs: Tensorflow, images: tf.Tensor, flip: boolean): tf.Tensor {
  const [batch, height, width, channels] = images.shape;
  const rows = takenFrom(tfjs, shifts(tfjs, batch, height), height); // [B, H]
  let columns = takenFrom(tfjs, shifts(tfjs, batch, width), width); // [B, W]
  if (flip) {
    const isMirrored = tfjs.floor(tfjs.add(tfjs.randomUniform([batch, 1]), 0.5)); // 0 or 1
    // width − 1 − c where it is, else c
    columns = tfjs.add(columns, tfjs.mul(isMirrored, tfjs.sub(width - 1, tfjs.mul(2, columns))));
  }
  const lines = tfjs.matMul(
    selection(tfjs, rows, height),
    tfjs.reshape(images, [batch, height, width * channels]),
  );
  const turned = tfjs.reshape(
    tfjs.transpose(tfjs.reshape(lines, [batch, height, width, channels]), [0, 2, 1, 3]),
    [batch, width, height * channels],
  );
  const moved = tfjs.matMul(selection(tfjs, columns, width), turned); // [B, W, H·C]
  return tfjs.transpose(tfjs.reshape(moved, [batch, width, height, channels]), [0, 2, 1, 3]);
}

/** Whole numbers from −m to m, [B, 1]. */
function shifts(tfjs: Tensorflow, batch: number, size: number): tf.Tensor {
  const most = Math.min(size - 1, Math.max(1, Math.round(size * LARGEST_PART)));
  return tfjs.sub(wholeNumbers(tfjs, tfjs.randomUniform([batch, 1]), 2 * most + 1), most);
}

/** For each place of a side which one its content comes from, reflected at the edges without repeating them: [B, size]. */
function takenFrom(tfjs: Tensorflow, by: tf.Tensor, size: number): tf.Tensor {
  const places = tfjs.reshape(tfjs.range(0, size), [1, size]);
  const beyondStart = tfjs.abs(tfjs.add(places, by));
  return tfjs.sub(size - 1, tfjs.abs(tfjs.sub(size - 1, beyondStart)));
}

/** [B, size, size] with a 1 in each row, at the place that it is taken from: max(0, 1 − |difference|) of whole numbers. */
function selection(tfjs: Tensorflow, from: tf.Tensor, size: number): tf.Tensor {
  const places = tfjs.reshape(tfjs.range(0, size), [1, 1, size]);
  return tfjs.relu(tfjs.sub(1, tfjs.abs(tfjs.sub(tfjs.expandDims(from, 2), places))));
}
