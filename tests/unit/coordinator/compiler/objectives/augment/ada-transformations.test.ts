// ADA's transformations, against plain loops and numbers by hand.
import type * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { tensorflow } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import { type Tensorflow } from "../../../../../../coordinator/compiler/objectives/augment/tensorflow.ts";
import {
  type Affine,
  followedBy,
} from "../../../../../../coordinator/compiler/objectives/augment/ada/affine.ts";
import {
  quarterTurns,
  translated,
  xFlip,
} from "../../../../../../coordinator/compiler/objectives/augment/ada/blitting.ts";
import {
  brightness,
  contrast,
  hue,
  lumaFlip,
  saturation,
} from "../../../../../../coordinator/compiler/objectives/augment/ada/colour.ts";
import { rotated, scaled } from "../../../../../../coordinator/compiler/objectives/augment/ada/geometry.ts";
import { warp } from "../../../../../../coordinator/compiler/objectives/augment/ada/warp.ts";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";
import { stream } from "../../../../../../shared/random/random.ts";
import { createGraphEngine } from "../../../../../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../../../../../worker/engine/reference-engine.ts";
import { compareDerivatives } from "../../../../../support/derivatives.ts";

const context = tensorflow();
const graph = createGraphEngine("test");

beforeAll(useCpuBackend);

const one = (value: number): tf.Tensor => context.tensor1d([value]);
const values = (images: tf.Tensor): number[] => [...images.dataSync()];

/** Rows of one channel through a map; a letter for each pixel would do, numbers 1 … 16 are as good. */
const FOUR = [
  [1, 2, 3, 4],
  [5, 6, 7, 8],
  [9, 10, 11, 12],
  [13, 14, 15, 16],
];
function through(map: Affine, rows = FOUR): number[][] {
  const images = context.tensor4d(rows.flat(), [1, rows.length, rows[0].length, 1]);
  return context.reshape(warp(context, images, map), [rows.length, rows[0].length]).arraySync() as number[][];
}

describe("pixel blitting is exact", () => {
  test("a flip exchanges left and right", () => {
    expect(through(xFlip(context, one(1)))).toEqual(FOUR.map((row) => row.toReversed()));
    expect(through(xFlip(context, one(0)))).toEqual(FOUR);
  });

  test("one quarter turns the first row into the last column", () => {
    const clockwise = FOUR.map((_, row) => FOUR.map((_row, column) => FOUR[3 - column][row]));
    expect(clockwise[0]).toEqual([13, 9, 5, 1]);
    expect(through(quarterTurns(context, one(1)))).toEqual(clockwise);
    expect(through(quarterTurns(context, one(0)))).toEqual(FOUR);
    expect(through(quarterTurns(context, one(2)))).toEqual(FOUR.map((row) => row.toReversed()).toReversed());
    const thrice = FOUR.map((_, row) => FOUR.map((_row, column) => FOUR[column][3 - row]));
    expect(through(quarterTurns(context, one(3)))).toEqual(thrice);
  });

  test("a move lets in what lies behind the mirror at the border", () => {
    expect(through(translated(context, one(1), one(0)))[0]).toEqual([2, 1, 2, 3]);
    expect(through(translated(context, one(0), one(-2))).map(([first]) => first)).toEqual([9, 13, 9, 5]);
    // further than the image is long: the mirror image's mirror image
    expect(through(translated(context, one(5), one(0)))[0]).toEqual([2, 3, 4, 3]);
  });
});

describe("geometry", () => {
  test("half a pixel to the right is the mean of two neighbours", () => {
    expect(through(translated(context, one(0.5), one(0)))[0]).toEqual([1.5, 1.5, 2.5, 3.5]);
  });

  test("twice the size shows the middle, at quarters of pixels", () => {
    // places 0.75 1.25 1.75 2.25 on both axes: row 0 is 0.75 · 4 + 1 = 4, and columns as they are
    expect(through(scaled(context, one(2), one(2)))[0]).toEqual([4.75, 5.25, 5.75, 6.25]);
    expect(through(scaled(context, one(2), one(1)))[0]).toEqual([1.75, 2.25, 2.75, 3.25]);
  });

  test("a right angle is a quarter turn", () => {
    const turned = through(rotated(context, one(Math.PI / 2))).flat();
    const expected = through(quarterTurns(context, one(1))).flat();
    turned.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4)); // sines in float32
  });

  test("what is done second starts from what the first has made", () => {
    // moved right by 1, then flipped: [2 1 2 3] -> [3 2 1 2]
    const both = followedBy(context, translated(context, one(1), one(0)), xFlip(context, one(1)));
    expect(through(both)[0]).toEqual([3, 2, 1, 2]);
    const other = followedBy(context, xFlip(context, one(1)), translated(context, one(1), one(0)));
    expect(through(other)[0]).toEqual([3, 4, 3, 2]);
  });

  test("any map is a loop over pixels, each of four neighbours, each sample by its own", () => {
    const [batch, height, width, channels] = [3, 5, 7, 2];
    const pixels = drawn("pixels", batch * height * width * channels);
    const [angle, size, right, down] = ["a", "s", "x", "y"].map((name) => drawn(name, batch));
    const tensor = (array: Float32Array): tf.Tensor => context.tensor1d(array);
    const map = [
      rotated(context, tensor(angle)),
      scaled(context, tensor(size.map(Math.exp)), tensor(size.map((value) => Math.exp(-value)))),
      translated(context, tensor(right), tensor(down)),
    ].reduce((first, second) => followedBy(context, first, second));
    const actual = values(warp(context, context.tensor4d(pixels, [batch, height, width, channels]), map));

    const fold = (place: number, last: number): number => {
      const inPeriod = ((place % (2 * last)) + 2 * last) % (2 * last);
      return inPeriod > last ? 2 * last - inPeriod : inPeriod;
    };
    const at = (b: number, row: number, column: number, c: number): number =>
      pixels[((b * height + Math.min(row, height - 1)) * width + Math.min(column, width - 1)) * channels + c];
    let i = 0;
    for (let b = 0; b < batch; b++)
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++) {
          // back through the move, the scaling and the rotation, from the image's middle
          const x2 = (column - (width - 1) / 2 - right[b]) / Math.exp(size[b]);
          const y2 = (row - (height - 1) / 2 - down[b]) * Math.exp(size[b]);
          const [cos, sin] = [Math.cos(angle[b]), Math.sin(angle[b])];
          const x = fold(cos * x2 + sin * y2 + (width - 1) / 2, width - 1);
          const y = fold(cos * y2 - sin * x2 + (height - 1) / 2, height - 1);
          const [left, top] = [Math.floor(x), Math.floor(y)];
          for (let c = 0; c < channels; c++, i++) {
            const upper = at(b, top, left, c) * (1 - x + left) + at(b, top, left + 1, c) * (x - left);
            const lower = at(b, top + 1, left, c) * (1 - x + left) + at(b, top + 1, left + 1, c) * (x - left);
            expect(actual[i], `${b} ${row} ${column} ${c}`).toBeCloseTo(upper * (1 - y + top) + lower * (y - top), 4); // prettier-ignore
          }
        }
  });

  test("a row of one pixel stays one", () => {
    const images = context.tensor4d([1, 2, 3], [1, 1, 3, 1]);
    const moved = warp(context, images, translated(context, one(0.5), one(0.5)));
    expect(values(moved)).toEqual([1.5, 1.5, 2.5]);
  });
});

describe("colour", () => {
  const pixel = (...colours: number[]): tf.Tensor => context.tensor4d(colours, [1, 1, 1, colours.length]);

  test("brightness is added, contrast multiplies", () => {
    expect(values(brightness(context, pixel(0.25, 0.5, 0), one(0.25)))).toEqual([0.5, 0.75, 0.25]);
    expect(values(contrast(context, pixel(0.25, 0.5, 0), one(2)))).toEqual([0.5, 1, 0]);
  });

  test("the luma flip turns the mean's sign and leaves distances from it", () => {
    // mean 0.5, distances -0.25 0 0.25
    expect(values(lumaFlip(context, pixel(0.25, 0.5, 0.75), one(1)))).toEqual([-0.75, -0.5, -0.25]);
    expect(values(lumaFlip(context, pixel(0.25), one(1)))).toEqual([-0.25]);
  });

  test("a third of the circle of hues takes red to green to blue", () => {
    const turned = values(hue(context, pixel(0.75, -0.5, 0.25), one((2 * Math.PI) / 3)));
    [0.25, 0.75, -0.5].forEach((value, i) => expect(turned[i]).toBeCloseTo(value, 6));
  });

  test("saturation multiplies the distance from the pixel's grey", () => {
    expect(values(saturation(context, pixel(0.25, 0.5, 0.75), one(2)))).toEqual([0, 0.5, 1]);
  });

  test("grey has no hue and no saturation", () => {
    const grey = pixel(0.25);
    expect(hue(context, grey, one(1))).toBe(grey);
    expect(saturation(context, grey, one(2))).toBe(grey);
  });
});

describe("first and second derivatives are those of finite differences", () => {
  const angle = [0.3, -2.1];
  const shift = [0.6, -1.3];
  test.each<[string, (tf: Tensorflow, x: tf.Tensor) => tf.Tensor]>([
    [
      "geometry",
      (tf, x) => {
        const turned = rotated(tf, tf.tensor1d(angle));
        const moved = translated(tf, tf.tensor1d(shift), tf.tensor1d(angle));
        return warp(tf, x, followedBy(tf, turned, moved));
      },
    ],
    [
      "colour",
      (tf, x) => {
        const changed = lumaFlip(tf, brightness(tf, x, tf.tensor1d(angle)), tf.tensor1d([1, 0]));
        return saturation(tf, hue(tf, contrast(tf, changed, tf.tensor1d(shift)), tf.tensor1d(angle)), tf.tensor1d([0.5, 2])); // prettier-ignore
      },
    ],
  ])("%s", async (name, f) => {
    const engines = [graph, createReferenceEngine()];
    const errors = await compareDerivatives(engines, { name, inputs: [[2, 3, 4, 3]], f });
    for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(1e-5);
  });
});

function drawn(name: string, count: number): Float32Array {
  const array = new Float32Array(count);
  stream(7, name).fillNormal(array);
  return array;
}
