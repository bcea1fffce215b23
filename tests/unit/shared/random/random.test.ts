// Streams: equal by seed and path, independent otherwise, and distributed as they say.
import { describe, expect, test } from "vitest";
import { MOST_WORDS } from "../../../../shared/random/philox-blocks.ts";
import { permutation, stream } from "../../../../shared/random/random.ts";

const wordsOf = (seed: number, ...path: (string | number)[]): number[] => {
  const random = stream(seed, ...path);
  return Array.from({ length: 8 }, () => random.uint32());
};

function momentsOf(values: Float32Array): { mean: number; variance: number; fourth: number } {
  const average = (power: number, around: number): number =>
    values.reduce((sum, value) => sum + (value - around) ** power, 0) / values.length;
  const mean = average(1, 0);
  return { mean, variance: average(2, mean), fourth: average(4, mean) };
}

describe("stream", () => {
  test("gives the same words for the same seed and path, on every machine", () => {
    // Pinned: another value means that every run so far would come out differently.
    expect(wordsOf(7, "noise", 3, 0, 1).slice(0, 4)).toEqual([1734948175, 2123598416, 2528803773, 16850160]);
    expect(wordsOf(7, "noise", 3, 0, 1)).toEqual(wordsOf(7, "noise", 3, 0, 1));
  });

  test("gives other words for another seed, another path, and a number written as text", () => {
    const streams = [
      wordsOf(7, "noise", 1),
      wordsOf(8, "noise", 1),
      wordsOf(7, "noise", "1"),
      wordsOf(7, "noise1"),
      wordsOf(7, "noise", 1, 0),
      wordsOf(7),
    ];
    expect(new Set(streams.map(String)).size).toBe(streams.length);
    expect(new Set(streams.flat()).size).toBe(8 * streams.length);
  });

  test("refuses numbers that cannot name a stream", () => {
    for (const bad of [Number.NaN, 0.5, Infinity, 2 ** 53]) {
      expect(() => stream(bad)).toThrow(/cannot name a stream/);
      expect(() => stream(1, "noise", bad)).toThrow(/cannot name a stream/);
    }
  });

  test("draws uniform numbers of 24 and 53 bits from 0 up to, not including, 1", () => {
    const random = stream(1, "uniform");
    for (const bits of [24, 53] as const) {
      let sum = 0;
      for (let i = 0; i < 20_000; i++) {
        const value = random.uniform(bits);
        expect(value >= 0 && value < 1 && Number.isInteger(value * 2 ** bits)).toBe(true);
        sum += value;
      }
      // The mean of 20,000 has a standard deviation of 0.289 / √20000 = 0.002; five of them are allowed.
      expect(Math.abs(sum / 20_000 - 0.5)).toBeLessThan(0.01);
    }
  });

  test("draws normal numbers: mean 0, variance 1, fourth moment 3", () => {
    const values = new Float32Array(200_000);
    stream(1, "normal").fillNormal(values);
    const { mean, variance, fourth } = momentsOf(values);
    // Five standard deviations: √(1/n), √(2/n), √(96/n) with n = 200,000.
    expect(Math.abs(mean)).toBeLessThan(0.0112);
    expect(Math.abs(variance - 1)).toBeLessThan(0.0159);
    expect(Math.abs(fourth - 3)).toBeLessThan(0.11);
  });

  test("has no correlation between neighbouring normal numbers", () => {
    const random = stream(2, "normal");
    let product = 0;
    for (let i = 0; i < 100_000; i++) product += random.normal() * random.normal();
    // Standard deviation √(1/100000) = 0.0032; five of them.
    expect(Math.abs(product / 100_000)).toBeLessThan(0.016);
  });

  test("fills arrays with what the single draws give", () => {
    const [bulk, single] = [stream(3), stream(3)];
    const normals = new Float32Array(7);
    const uniforms = new Float32Array(5);
    bulk.fillNormal(normals);
    bulk.fillUniform(uniforms);
    expect(normals).toEqual(Float32Array.from({ length: 7 }, () => single.normal()));
    expect(uniforms).toEqual(Float32Array.from({ length: 5 }, () => single.uniform(24)));
  });

  test.each([
    ["fillUniform", 1],
    ["fillNormal", 1],
    ["fillUniform", 4],
    ["fillNormal", 3],
  ] as const)(
    "%s of long arrays, begun after %i single words, gives what the single draws give",
    (fill, before) => {
      const [bulk, single] = [stream(6), stream(6)];
      for (let i = 0; i < before; i++) expect(bulk.uint32()).toBe(single.uint32());
      const draw = (): number => (fill === "fillNormal" ? single.normal() : single.uniform(24));
      for (const length of [MOST_WORDS - 1, 2, 1, MOST_WORDS + 3, 3 * MOST_WORDS + 2]) {
        const filled = new Float32Array(length);
        bulk[fill](filled);
        expect(
          filled.every((value) => Object.is(value, Math.fround(draw()))),
          `${length}`,
        ).toBe(true);
      }
      expect(bulk.uint32()).toBe(single.uint32());
    },
  );

  test("draws each whole number below n equally often", () => {
    const random = stream(4);
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]++;
    // Expected 10,000 each; standard deviation √(70000 · 1/7 · 6/7) = 93; five of them.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(465);
  });

  test("draws without bias when n does not divide 2^32", () => {
    const random = stream(5);
    // n = 3 · 2^30: with a plain remainder 1/2 instead of 1/3 of the answers would lie below 2^30.
    let low = 0;
    for (let i = 0; i < 30_000; i++) if (random.integer(3 * 2 ** 30) < 2 ** 30) low++;
    expect(Math.abs(low / 30_000 - 1 / 3)).toBeLessThan(0.015);
    expect(random.integer(1)).toBe(0);
    for (const bad of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN])
      expect(() => random.integer(bad)).toThrow(RangeError);
  });
});

describe("permutation", () => {
  test("holds each id once, in an order that depends on seed and epoch", () => {
    const order = permutation(1, 0, 1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(permutation(1, 0, 1000)).toEqual(order);
    expect(permutation(1, 1, 1000)).not.toEqual(order);
    expect(permutation(2, 0, 1000)).not.toEqual(order);
  });

  test("gives each of the 3! orders equally often", () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 6000; epoch++) {
      const order = String(permutation(1, epoch, 3));
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    // Expected 1,000 each; standard deviation √(6000 · 1/6 · 5/6) = 29; five of them.
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(145);
  });
});
