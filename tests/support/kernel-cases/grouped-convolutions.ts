// Cases for grouped convolutions, forward and both gradients, against tfjs's convolutions group by group.
import * as tf from "@tensorflow/tfjs-core";
import { groupedConv2d } from "../../../shared/program/grouped-convolution.ts";
import type { OracleCase } from "../oracle.ts";

type Pad = "same" | "valid" | number;

const dims = (shape: readonly number[]): string => `[${shape.join(",")}]`;

function grouped(
  image: number[],
  filter: number[],
  strides: number | [number, number],
  pad: Pad,
): OracleCase {
  const groups = image[3] / filter[2];
  return {
    name: `grouped conv2d ${dims(image)} with ${dims(filter)}, stride ${String(strides)}, ${pad}`,
    inputs: [image, filter],
    f: (x, w) => groupedConv2d(x, w, { strides, padding: pad }),
    eager: (x, w) => groupByGroup(groups, x, w, strides, pad),
    gradient: (x, w) => groupByGroup(groups, x, w, strides, pad),
  };
}

function groupByGroup(
  groups: number,
  x: tf.Tensor,
  filter: tf.Tensor,
  strides: number | [number, number],
  pad: Pad,
): tf.Tensor {
  if (groups === 1) return tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad);
  const images = tf.split(x, groups, 3) as tf.Tensor4D[];
  const filters = tf.split(filter, groups, 3) as tf.Tensor4D[];
  return tf.concat(
    images.map((image, group) => tf.conv2d(image, filters[group], strides, pad)),
    3,
  );
}

export const GROUPED_CONVOLUTIONS: readonly OracleCase[] = [
  // As R3GAN has them: 16 channels a group, 3×3, stride 1.
  grouped([2, 7, 7, 64], [3, 3, 16, 64], 1, "same"),
  grouped([3, 8, 6, 32], [3, 3, 16, 32], 1, "same"),
  grouped([2, 6, 7, 32], [3, 3, 16, 32], 1, "valid"),
  grouped([2, 9, 8, 32], [3, 3, 16, 32], 2, "same"),
  // Groups of all sizes; fewer or more outputs than channels; one group; one channel a group.
  grouped([2, 5, 6, 12], [3, 3, 4, 6], 1, "same"),
  grouped([2, 6, 5, 6], [3, 2, 3, 10], 1, "same"),
  grouped([3, 5, 5, 10], [1, 1, 5, 4], 1, "same"),
  grouped([2, 4, 4, 6], [4, 4, 1, 6], 1, "valid"),
  grouped([2, 5, 4, 8], [3, 3, 8, 5], 1, "same"),
  grouped([1, 9, 8, 6], [4, 4, 2, 9], 2, "same"),
  grouped([2, 8, 9, 8], [3, 3, 4, 8], 3, "valid"),
  grouped([1, 6, 7, 4], [3, 2, 2, 4], [2, 1], "same"),
  grouped([1, 5, 6, 4], [3, 3, 2, 4], 1, 2),
  grouped([2, 5, 6, 32], [5, 5, 16, 32], 1, "same"),
];
