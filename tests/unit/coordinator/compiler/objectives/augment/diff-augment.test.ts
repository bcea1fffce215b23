// DiffAugment's three transformations, against plain loops and numbers by hand.
import type * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { tensorflow } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import {
  brightness,
  contrast,
  saturation,
} from "../../../../../../coordinator/compiler/objectives/augment/diff-augment/colour.ts";
import { cutout } from "../../../../../../coordinator/compiler/objectives/augment/diff-augment/cutout.ts";
import { diffAugment } from "../../../../../../coordinator/compiler/objectives/augment/diff-augment/diff-augment.ts";
import { translation } from "../../../../../../coordinator/compiler/objectives/augment/diff-augment/translation.ts";
import type { DiffAugmentPolicy } from "../../../../../../shared/config/objectives/choices.ts";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";
import { compareDerivatives } from "../../../../../support/derivatives.ts";
import { createGraphEngine } from "../../../../../../worker/engine/graph/graph-engine.ts";

const context = tensorflow();

beforeAll(useCpuBackend);

/** One image [1, rows, columns, C] of nested numbers. */
const image = (pixels: number[][][]): tf.Tensor => context.tensor4d([pixels]);
/** Of one channel, as rows. */
const grey = (rows: number[][]): tf.Tensor => image(rows.map((row) => row.map((value) => [value])));
const rowsOf = (images: tf.Tensor): number[][] =>
  (images.arraySync() as number[][][][])[0].map((row) => row.map(([value]) => value));
const values = (images: tf.Tensor): number[] => [...images.dataSync()];

describe("colour", () => {
  test("brightness adds u - 1/2 to every number", () => {
    const bright = brightness(context, grey([[0.25, -0.5]]), context.tensor1d([0.75]));
    expect(rowsOf(bright)).toEqual([[0.5, -0.25]]);
  });

  test("saturation multiplies the distance from the pixel's own grey by 2u", () => {
    // grey 0.5, distances -0.25 0 0.25; 2u = 1.5
    const saturated = saturation(context, image([[[0.25, 0.5, 0.75]]]), context.tensor1d([0.75]));
    expect(values(saturated)).toEqual([0.125, 0.5, 0.875]);
  });

  test("contrast multiplies the distance from the image's mean by u + 1/2, each image for itself", () => {
    // means 0 and 0.5
    const two = context.tensor4d([0.5, -0.5, 0.25, 0.75], [2, 1, 2, 1]);
    expect(values(contrast(context, two, context.tensor1d([0, 0.75])))).toEqual([
      0.25, -0.25, 0.1875, 0.8125,
    ]);
  });
});

test("a translation moves rows down and columns right, and lets zeros in", () => {
  // 16 × 16: at most 2 pixels. ⌊u · 5⌋ - 2 of 0.9 and 0.25 is 2 down, and -1 right, i.e. 1 left
  const number = (row: number, column: number): number => 1 + row * 16 + column;
  const pixels = Array.from({ length: 16 }, (_, row) =>
    Array.from({ length: 16 }, (_column, column) => number(row, column)),
  );
  const moved = rowsOf(translation(context, grey(pixels), context.tensor2d([[0.9, 0.25]])));
  const expected = pixels.map((row, i) => row.map((_, j) => pixels[i - 2]?.[j + 1] ?? 0));
  expect(moved).toEqual(expected);
});

test("images that are not square are moved by an eighth of each side", () => {
  const wide = context.ones([1, 8, 24, 1]);
  const moved = rowsOf(translation(context, wide, context.tensor2d([[0, 0.999]]))); // 1 up, 3 right
  expect(moved.map((row) => row.filter((value) => value === 0).length)).toEqual([3, 3, 3, 3, 3, 3, 3, 24]);
  expect(moved[0].slice(0, 4)).toEqual([0, 0, 0, 1]);
});

test.each([
  // 4 × 4: two rows and columns around a middle in 0 … 4
  [[0, 0], [0], [0]],
  [
    [0.5, 0.3],
    [1, 2],
    [0, 1],
  ], // ⌊5u⌋: 2 and 1
  [[0.99, 0.6], [3], [2, 3]], // 4 and 3: rows 3 and 4, of which there is no 4
])("the cut-out of draws %j is rows %j, columns %j", (u, rows, columns) => {
  const cut = rowsOf(cutout(context, context.ones([1, 4, 4, 1]), context.tensor2d([u])));
  const expected = [0, 1, 2, 3].map((row) =>
    [0, 1, 2, 3].map((column) => (rows.includes(row) && columns.includes(column) ? 0 : 1)),
  );
  expect(cut).toEqual(expected);
});

test("alpha is moved and cut like the colours, and never recoloured", () => {
  const pixels = Array.from({ length: 4 * 4 }, (_, i) => [i / 16, 1 - i / 16, 0.5, (i % 4) / 4 + 0.1]);
  const images = context.tensor4d(pixels.flat(), [1, 4, 4, 4]);
  const alpha = (of: tf.Tensor): number[] => values(context.slice(of as tf.Tensor4D, [0, 0, 0, 3]));
  const recoloured = diffAugment(context, images, ["colour"]);
  expect(alpha(recoloured)).toEqual(alpha(images));
  expect(values(recoloured)).not.toEqual(values(images));
  const cut = diffAugment(context, images, ["cutout"]);
  expect(alpha(cut).filter((value) => value === 0).length).toBeGreaterThan(0);
});

test.each([1, 2, 3, 4, 5])("images of %i channels keep their shape", (channels) => {
  const images = context.randomUniform([2, 6, 8, channels], -1, 1, "float32", 1);
  const augmented = diffAugment(context, images);
  expect(augmented.shape).toEqual([2, 6, 8, channels]);
  expect(values(augmented).every(Number.isFinite)).toBe(true);
});

test("an empty policy changes nothing", () => {
  const images = context.ones([1, 2, 2, 1]);
  expect(diffAugment(context, images, [])).toBe(images);
});

describe("first and second derivatives", () => {
  const u = [0.2, 0.9];
  const pairs = [
    [0.9, 0.25],
    [0.1, 0.7],
  ];
  test.each<[DiffAugmentPolicy, (tf: typeof context, x: tf.Tensor) => tf.Tensor]>([
    [
      "colour",
      (tf, x) => [brightness, saturation, contrast].reduce((y, change) => change(tf, y, tf.tensor1d(u)), x),
    ],
    ["translation", (tf, x) => translation(tf, x, tf.tensor2d(pairs))],
    ["cutout", (tf, x) => cutout(tf, x, tf.tensor2d(pairs))],
  ])("of %s are those of finite differences", async (name, f) => {
    const one = { name, inputs: [[2, 4, 4, 3]], f };
    const errors = await compareDerivatives([createGraphEngine("test")], one);
    for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(1e-5);
  });
});
