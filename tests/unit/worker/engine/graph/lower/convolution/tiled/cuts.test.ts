// The ways to cut a convolution into tiles: all of them compute the same, and the cheapest is taken.
import { convolutionOf } from "../../../../../../../../shared/program/shapes.ts";
import { describe, expect, test } from "vitest";
import { createGraphEngine } from "../../../../../../../../worker/engine/graph/graph-engine.ts";
import {
  cheapestCut,
  pricedCut,
  tilesOf,
} from "../../../../../../../../worker/engine/graph/lower/convolution/tiled/cuts.ts";
import {
  CPU,
  type TiledTuning,
} from "../../../../../../../../worker/engine/graph/lower/convolution/tuning.ts";
import * as tf from "@tensorflow/tfjs-core";
import { type OracleCase, compareWithOracle } from "../../../../../../../support/oracle.ts";

const convolution = (x: number[], filter: number[], stride: number): ReturnType<typeof convolutionOf> =>
  convolutionOf(x, filter, {
    strides: [stride, stride],
    pad: "same",
    dataFormat: "NHWC",
    dilations: [1, 1],
  });

/** Prices by which one kind of work is all that counts. */
const only = (work: Partial<TiledTuning["prices"]["product"]>, copied: number): TiledTuning => {
  const { product, transpose } = CPU.prices;
  const none = Object.fromEntries(Object.keys(product).map((key) => [key, 0])) as unknown as typeof product;
  return {
    ...CPU,
    prices: {
      ...CPU.prices,
      product: { ...none, ...work },
      transpose: { ...transpose, call: 0, copied, scattered: copied, far: 0 },
    },
  };
};
/** What is taken to the points costs, multiplying does not. */
const SMALL_TILES = only({ element: 1 }, 1);
/** Filters are copied for each tile, or else only images. */
const TOGETHER = only({ rightCopied: 1, rightTurned: 1 }, 0);
const FILTER_FIRST = only({ rightCopied: 1, rightTurned: 1 }, 0.001);

const CASES: readonly OracleCase[] = (
  [
    [[2, 9, 7, 16], [3, 3, 16, 24], 1],
    [[2, 8, 10, 24], [4, 4, 24, 16], 2],
    [[3, 7, 7, 16], [5, 5, 16, 16], 2],
    [[2, 4, 4, 32], [4, 4, 32, 32], 2],
  ] as const
).map(([x, filter, stride]) => ({
  name: `conv2d [${x.join(",")}] with [${filter.join(",")}], stride ${stride}`,
  inputs: [x, filter],
  f: (image, w) => tf.conv2d(image as tf.Tensor4D, w as tf.Tensor4D, stride, "same"),
}));

describe.each([
  ["small tiles", SMALL_TILES],
  ["rows' tiles together", TOGETHER],
  ["filters first", FILTER_FIRST],
])("cut into %s it agrees with tfjs:", (_cut, tuning) => {
  const engine = createGraphEngine("test", { tuning });
  test.each(CASES.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    const { errors } = await compareWithOracle(engine, one);
    for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(1e-5);
  });
});

test("these prices do cut it so", () => {
  const conv = convolution([2, 9, 7, 16], [3, 3, 16, 24], 1);
  const largest = tilesOf(conv).at(-1)!.rows.outputs;
  expect(cheapestCut(conv, SMALL_TILES)!.rows.outputs).toBeLessThan(largest);
  expect(cheapestCut(conv, TOGETHER)!.rowTiles).toBe("together");
  expect(cheapestCut(conv, FILTER_FIRST)!.orders).toEqual({
    forward: "filter first",
    inputGradient: "filter first",
  });
});

test("deep layers on small images are not cut into the tiles with the fewest products: their filters would be read for few rows", () => {
  const outputs = (x: number[], filter: number[], stride: number): number =>
    cheapestCut(convolution(x, filter, stride), CPU)!.rows.outputs;
  expect(outputs([16, 8, 8, 256], [4, 4, 256, 512], 2)).toBe(2); // 9 points, not 25, for 16 images
  expect(outputs([64, 14, 14, 32], [4, 4, 32, 64], 2)).toBe(7);
});

test("of two cuts the dearer differs only in what it costs: prices are of all three kernels", () => {
  const conv = convolution([16, 8, 8, 64], [3, 3, 64, 64], 1);
  const prices = tilesOf(conv).map((tiles) => pricedCut(conv, tiles, CPU).price);
  expect(pricedCut(conv, cheapestCut(conv, CPU)!, CPU).price).toBe(Math.min(...prices));
});

test("work on the weights alone is divided among its uses", () => {
  const conv = convolution([1, 4, 4, 64], [3, 3, 64, 64], 1);
  const [tiles] = tilesOf(conv);
  const price = (usesOfVersion: number): number => pricedCut(conv, tiles, { ...CPU, usesOfVersion }).price;
  const [once, rarely] = [price(1), price(1e9)];
  expect(price(2)).toBeCloseTo((once + rarely) / 2, 3);
  expect(once).toBeGreaterThan(rarely);
});

test("a filter of more taps than there are points is not cut at all", () => {
  expect(cheapestCut(convolution([1, 12, 12, 16], [9, 9, 16, 16], 1), CPU)).toBeNull();
});
