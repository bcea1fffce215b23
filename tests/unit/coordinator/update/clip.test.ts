// A mean gradient before it is applied: norms by hand, what is not finite, how clipping shortens it.
import { describe, expect, test } from "vitest";
import { TILE } from "../../../../coordinator/update/vector-threads/tiles.ts";
import { GradientMeter, clipping, layersOf, meanOf } from "../../../../coordinator/update/clip.ts";
import { singleThreaded } from "../../../../coordinator/update/vector-threads/loops.ts";
import { Optimizer } from "../../../../coordinator/update/optimizers/optimizer.ts";
import { createLayout } from "../../../../shared/protocol/layout.ts";
import { optimizerSchema } from "../../../../shared/config/optimizer-config.ts";

const LARGEST = 3.4028234663852886e38;
const ONE = [{ name: "g", offset: 0, length: 3 }];

test("layers are the slots up to the last slash, in the order of the vector, kernel and bias together", () => {
  const layout = createLayout([
    { name: "gradient/discriminator/00-dense/kernel", shape: [1, 2] },
    { name: "gradient/generator/00-dense/bias", shape: [2] },
    { name: "gradient/generator/00-dense/kernel", shape: [2, 2] },
    { name: "gradient/generator/01-prelu/alpha", shape: [3] },
    { name: "metric/loss/generator", shape: [] },
  ]);
  expect(layersOf(layout, "gradient/", "generator")).toEqual([
    { name: "generator/00-dense", offset: 2, length: 6 },
    { name: "generator/01-prelu", offset: 8, length: 3 },
  ]);
  expect(layersOf(layout, "gradient/", "classifier")).toEqual([]);
});

describe("the norms of a mean gradient", () => {
  test("are its L2 norms, of each layer and of all", () => {
    const layers = [
      { name: "a", offset: 1, length: 2 },
      { name: "b", offset: 3, length: 1 },
    ];
    // a: (6, 8) / 2 = (3, 4): 5; b: 24 / 2 = 12; all: √(25 + 144). What lies before the layers is not theirs.
    expect(new GradientMeter(layers).normsOf({ sum: Float32Array.of(9, 6, 8, 24), scale: 0.5 })).toEqual({
      norm: 13,
      layers: { a: 5, b: 12 },
    });
    expect(new GradientMeter([]).normsOf({ sum: new Float32Array(0), scale: 1 })).toEqual({
      norm: 0,
      layers: {},
    });
  });

  test("add a layer's tiles up, and no other layer's", () => {
    const layers = [
      { name: "a", offset: 0, length: 2 * TILE + 5 },
      { name: "b", offset: 2 * TILE + 5, length: TILE - 1 },
    ];
    const gradient = new Float32Array(3 * TILE + 4).fill(2);
    const { norm, layers: norms } = new GradientMeter(layers).normsOf({ sum: gradient, scale: 0.5 });
    expect(norms["a"]).toBe(Math.sqrt(2 * TILE + 5)); // ones
    expect(norms["b"]).toBe(Math.sqrt(TILE - 1));
    expect(norm).toBe(Math.sqrt(3 * TILE + 4));
  });

  test("are not finite where a value is not, and in which layer", () => {
    const layers = [0, 1, 2].map((offset) => ({ name: `l${offset}`, offset, length: 1 }));
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (let at = 0; at < 3; at++) {
        const gradient = Float32Array.of(1, 1, 1);
        gradient[at] = bad;
        const { norm, layers: norms } = new GradientMeter(layers).normsOf({ sum: gradient, scale: 0.25 });
        expect(Number.isFinite(norm)).toBe(false);
        expect(layers.filter(({ name }) => !Number.isFinite(norms[name]))).toEqual([layers[at]]);
      }
    }
    expect(
      new GradientMeter(ONE).normsOf({ sum: Float32Array.of(LARGEST, LARGEST, LARGEST), scale: 1 }).norm,
    ).toBeCloseTo(LARGEST * Math.sqrt(3), -30);
  });
});

test("the mean is the sum over the shards, divided by their number where it is read", () => {
  const sum = Float32Array.of(9, 12);
  expect(meanOf(sum, 3)).toEqual({ sum, scale: 1 / 3 });
  // means (3, 4)
  const layers = [{ name: "g", offset: 0, length: 2 }];
  expect(new GradientMeter(layers).normsOf(meanOf(sum, 3)).norm).toBeCloseTo(5, 12);
});

describe("clipping", () => {
  test("by norm shortens what is longer, to the norm and no further", () => {
    expect(clipping({ kind: "norm", norm: 2 }, 8)).toEqual({
      factor: 0.25,
      bound: Infinity,
      applicable: true,
    });
    expect(clipping({ kind: "norm", norm: 2 }, 1)).toEqual({ factor: 1, bound: Infinity, applicable: true });
    expect(clipping({ kind: "norm", norm: 2 }, 0)).toMatchObject({ factor: 1 });
  });

  test("by value bounds every number, whatever the norm", () => {
    expect(clipping({ kind: "value", value: 0.5 }, 8)).toEqual({ factor: 1, bound: 0.5, applicable: true });
  });

  test("saves a gradient whose square would overflow, but none that is not finite", () => {
    for (const clip of [{ kind: "norm", norm: 1 } as const, { kind: "value", value: 1 } as const]) {
      expect(clipping(clip, 1e30).applicable).toBe(true);
      for (const bad of [NaN, Infinity]) expect(clipping(clip, bad).applicable).toBe(false);
    }
    expect(clipping({ kind: "none" }, 1e30).applicable).toBe(false);
    expect(clipping({ kind: "norm", norm: 1e25 }, 1e30).applicable).toBe(false);
  });

  test("what it calls applicable leaves finite weights and moments, up to the largest", () => {
    const largest = Math.fround(Math.sqrt(LARGEST) * (1 - 1e-7));
    expect(clipping({ kind: "none" }, largest).applicable).toBe(true);
    expect(clipping({ kind: "none" }, largest * 1.001).applicable).toBe(false);
    for (const kind of ["sgd", "rmsprop", "adam"] as const) {
      const optimizer = new Optimizer({
        config: optimizerSchema.parse({ kind, ...(kind === "adam" && { beta2: 0 }) }),
        length: 1,
      });
      const weights = Float32Array.of(1);
      for (let i = 0; i < 3; i++) {
        const gradient = Float32Array.of(largest);
        singleThreaded.run(
          optimizer.step({
            weights,
            gradient,
            scale: 1,
            bound: Infinity,
            rate: 0.01,
            at: { images: 0, runImages: 0 },
            next: weights,
          }),
        );
      }
      const vectors = [weights, ...Object.values(optimizer.state.moments)];
      expect(vectors.every(([value]) => Number.isFinite(value))).toBe(true);
    }
  });
});
