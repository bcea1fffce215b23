// A mean gradient before it is applied: norms by hand, what is not finite, how clipping shortens it.
import { describe, expect, test } from "vitest";
import {
  type GradientNorms,
  type Mean,
  clipping,
  gradientNorms,
  meanOf,
} from "../../../../coordinator/update/clip.ts";
import { Optimizer } from "../../../../coordinator/update/optimizers/optimizer.ts";
import { singleThreaded } from "../../../../coordinator/update/vector-threads/loops.ts";
import { TILE } from "../../../../coordinator/update/vector-threads/tiles.ts";
import { Vectors } from "../../../../coordinator/update/vector-threads/vectors.ts";
import { optimizerSchema } from "../../../../shared/config/optimizer-config.ts";

const LARGEST = 3.4028234663852886e38;
/** Squares of the sections of a gradient's mean, each a layer of the network g. */
function normsOf(lengths: readonly number[], { sum, scale }: Mean): GradientNorms {
  let offset = 0;
  const sections = lengths.map((length, i) => {
    offset += length;
    return { name: `l${i}`, network: "g", offset: offset - length, length };
  });
  return gradientNorms("g", sections, new Vectors().measure(sum, sections, scale).squares);
}

describe("the norms of a mean gradient", () => {
  test("are its L2 norms, of each layer and of all", () => {
    // l0: (6, 8) / 2 = (3, 4): 5; l1: 24 / 2 = 12; all: √(25 + 144)
    expect(normsOf([2, 1], { sum: Float32Array.of(6, 8, 24), scale: 0.5 })).toEqual({
      norm: 13,
      layers: { l0: 5, l1: 12 },
    });
    expect(normsOf([], { sum: new Float32Array(0), scale: 1 })).toEqual({ norm: 0, layers: {} });
  });

  test("are of the network's own layers, and nothing else of a contribution", () => {
    const sections = [
      { name: "discriminator/00-dense", network: "discriminator", offset: 0, length: 1 },
      { name: "generator/00-dense", network: "generator", offset: 1, length: 1 },
      { name: "generator/01-dense", network: "generator", offset: 2, length: 1 },
      { name: "metric", network: null, offset: 3, length: 1 },
    ];
    expect(gradientNorms("generator", sections, [100, 9, 16, NaN])).toEqual({
      norm: 5,
      layers: { "generator/00-dense": 3, "generator/01-dense": 4 },
    });
    expect(gradientNorms("classifier", sections, [100, 9, 16, NaN])).toEqual({ norm: 0, layers: {} });
  });

  test("add a layer's tiles up, and no other layer's", () => {
    const gradient = new Float32Array(3 * TILE + 4).fill(2);
    const { norm, layers } = normsOf([2 * TILE + 5, TILE - 1], { sum: gradient, scale: 0.5 });
    expect(layers["l0"]).toBe(Math.sqrt(2 * TILE + 5)); // ones
    expect(layers["l1"]).toBe(Math.sqrt(TILE - 1));
    expect(norm).toBe(Math.sqrt(3 * TILE + 4));
  });

  test("are not finite where a value is not, and in which layer", () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (let at = 0; at < 3; at++) {
        const gradient = Float32Array.of(1, 1, 1);
        gradient[at] = bad;
        const { norm, layers } = normsOf([1, 1, 1], { sum: gradient, scale: 0.25 });
        expect(Number.isFinite(norm)).toBe(false);
        expect(Object.keys(layers).filter((name) => !Number.isFinite(layers[name]))).toEqual([`l${at}`]);
      }
    }
    expect(normsOf([3], { sum: Float32Array.of(LARGEST, LARGEST, LARGEST), scale: 1 }).norm).toBeCloseTo(
      LARGEST * Math.sqrt(3),
      -30,
    );
  });
});

test("the mean is the sum over the shards, divided by their number where it is read", () => {
  const sum = Float32Array.of(9, 12);
  expect(meanOf(sum, 3)).toEqual({ sum, scale: 1 / 3 });
  expect(normsOf([2], meanOf(sum, 3)).norm).toBeCloseTo(5, 12); // means (3, 4)
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
