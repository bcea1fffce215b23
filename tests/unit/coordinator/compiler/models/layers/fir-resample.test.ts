// layers.firResample: its values against the definition, by hand, and its arguments.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, expect, test } from "vitest";
import type { FirResampleArgs } from "../../../../../../coordinator/compiler/models/layers/fir-resample.ts";
import { ganParts } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";
import { relativeError } from "../../../../../support/relative-error.ts";

const { layers } = ganParts();

beforeAll(useCpuBackend);

function resampled(args: FirResampleArgs, x: tf.Tensor): tf.Tensor {
  return layers.firResample(args).apply(x) as tf.Tensor;
}

/** One column of pixels. */
const column = (...pixels: number[]): tf.Tensor => tf.tensor4d(pixels, [1, pixels.length, 1, 1]);

/** upfirdn2d as it is defined: zeros between and around, a filter over all, some of the results. */
function definition({ direction, taps = [1, 3, 3, 1] }: FirResampleArgs, x: tf.Tensor4D): tf.Tensor {
  const [batch, height, width, channels] = x.shape;
  const k = taps.length;
  const sum = taps.reduce((all, tap) => all + tap, 0);
  const kernel = tf.outerProduct(tf.tensor1d(taps.toReversed()), tf.tensor1d(taps.toReversed()));
  const scale = (direction === "up" ? 4 : 1) / sum ** 2;
  const filter = tf.tile(tf.reshape(tf.mul(kernel, scale), [k, k, 1, 1]), [1, 1, channels, 1]) as tf.Tensor4D;
  if (direction === "down") {
    const [before, after] = [Math.floor((k - 1) / 2), Math.floor((k - 2) / 2)];
    const padded = tf.pad4d(x, [[0, 0], [before, after], [before, after], [0, 0]]); // prettier-ignore
    return tf.depthwiseConv2d(padded, filter, 2, "valid");
  }
  const apart = tf.pad(tf.reshape(x, [batch, height, 1, width, 1, channels]), [[0, 0], [0, 0], [0, 1], [0, 0], [0, 1], [0, 0]]); // prettier-ignore
  const spread: tf.Tensor4D = tf.reshape(apart, [batch, 2 * height, 2 * width, channels]);
  const [before, after] = [Math.floor((k + 1) / 2), Math.floor((k - 2) / 2)];
  const padded = tf.pad4d(spread, [[0, 0], [before, after], [before, after], [0, 0]]); // prettier-ignore
  return tf.depthwiseConv2d(padded, filter, 1, "valid");
}

test.each([
  { direction: "up" },
  { direction: "down" },
  { direction: "up", taps: [1, 2, 1] },
  { direction: "down", taps: [1, 2, 1] },
  { direction: "up", taps: [1, 1] },
  { direction: "down", taps: [1, 1] },
  { direction: "up", taps: [5, 2, -1, 3, 1, 1] },
  { direction: "down", taps: [5, 2, -1, 3, 1, 1] },
] satisfies FirResampleArgs[])("values are those of upfirdn2d: %j", (args) => {
  for (const [height, width] of [[4, 6], [7, 2], [3, 5]]) {
    const x = tf.randomNormal<tf.Rank.R4>([2, height, width, 3], 0, 1, "float32", 1);
    const y = resampled(args, x);
    const expected = definition(args, x);
    expect(y.shape).toEqual(expected.shape);
    expect(relativeError(y.dataSync() as Float32Array, expected.dataSync() as Float32Array)).toBeLessThan(1e-6);
  }
}); // prettier-ignore

test("twice the size keeps the sum per area: one pixel is spread by [1, 3, 3, 1] / 4", () => {
  expect([...resampled({ direction: "up" }, tf.pad4d(column(0, 4, 0) as tf.Tensor4D, [[0, 0], [0, 0], [1, 1], [0, 0]])).dataSync()].filter((_, i) => i % 6 === 2)).toEqual([0, 0.75, 2.25, 2.25, 0.75, 0]);
}); // prettier-ignore

test("half the size averages four neighbours by [1, 3, 3, 1] / 8; an odd size is rounded down", () => {
  const wide = (pixels: number[]): tf.Tensor => tf.tile(column(...pixels), [1, 1, 4, 1]);
  const rows = (y: tf.Tensor): number[] => [...y.dataSync()].filter((_, i) => i % 2 === 0);
  // columns: (0 + 3 + 3 + 1) / 8 = 7/8 of the full weight at the left edge
  const even = rows(resampled({ direction: "down" }, wide([8, 0, 0, 16])));
  expect(even).toEqual([(3 * 8) / 8, (3 * 16) / 8].map((value) => (value * 7) / 8));
  const odd = resampled({ direction: "down" }, wide([8, 0, 0, 0, 16]));
  expect(odd.shape).toEqual([1, 2, 2, 1]);
  expect(rows(odd)).toEqual([3 * 7 / 8, (1 * 16 * 7) / 64]);
}); // prettier-ignore

test("a constant image stays as it is, away from its edges", () => {
  for (const direction of ["up", "down"] as const) {
    const y = resampled({ direction }, tf.ones([1, 12, 12, 1]));
    const inner = tf.slice(y, [0, 1, 1, 0], [1, y.shape[1]! - 2, y.shape[2]! - 2, 1]);
    expect(new Set(inner.dataSync())).toEqual(new Set([1]));
  }
});

test("it is saved with its taps, and loaded", async () => {
  const model = tfl.sequential({
    layers: [
      tfl.layers.inputLayer({ inputShape: [6, 4, 2] }),
      layers.firResample({ direction: "down", taps: [1, 2, 1] }),
    ],
  });
  expect(model.outputs[0].shape).toEqual([null, 3, 2, 2]);
  const copy = await tfl.models.modelFromJSON(model.toJSON(null, false) as never);
  expect(copy.layers[1].getConfig()).toMatchObject({ direction: "down", taps: [1, 2, 1] });
});

test.each([
  [{ direction: "sideways" }, 'is given direction "sideways": it must be "up" or "down"'],
  [{ direction: "up", taps: [] }, "is given taps []: it must be a list of numbers whose sum is not zero"],
  [
    { direction: "up", taps: [1, -1] },
    "is given taps [1, -1]: it must be a list of numbers whose sum is not zero",
  ],
  [{ direction: "up", taps: "box" }, 'is given taps "box"'],
])("arguments that it cannot take are refused: %j", (args, message) => {
  expect(() => layers.firResample(args as never)).toThrow(message);
});

test("an image of one pixel has no half", () => {
  const x = tfl.input({ shape: [1, 1, 3] });
  expect(() => layers.firResample({ direction: "down" }).apply(x)).toThrow(
    "an image of one pixel cannot be halved",
  );
});
