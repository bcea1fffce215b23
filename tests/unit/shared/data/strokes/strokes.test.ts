// The built-in digits: the same everywhere, balanced, centred, varied, and legible to a simple classifier.
import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../../../shared/data/dataset.ts";
import { drawStrokes, pixelsOf } from "../../../../support/load-source.ts";

const PIXELS = 28 * 28;
const train = await drawStrokes({ count: 1500 });
const held = await drawStrokes({ count: 300, split: "test" });
const imageOf = (set: Dataset, i: number): Uint8Array => pixelsOf(set).subarray(i * PIXELS, (i + 1) * PIXELS);

describe("drawStrokes", () => {
  test("draws the same pictures on every machine", async () => {
    // Pinned: nodes with another value would be refused as holding other data.
    expect((await drawStrokes({ count: 100 })).fingerprint).toBe(
      "f61d9a263015a48a70428ad92c5ddbe54c6bedde8c0eff9b6b6cd6ead5fadda4",
    );
  });

  test("has the documented shape, in memory that threads can share", () => {
    expect(train).toMatchObject({ name: "strokes", count: 1500, imageShape: [28, 28, 1], classes: 10 });
    expect(pixelsOf(train).length).toBe(1500 * PIXELS);
    expect(pixelsOf(train).buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(train.labels?.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test("gives other pictures for another seed and the other split", async () => {
    const sets = await Promise.all([
      drawStrokes({ count: 20 }),
      drawStrokes({ count: 20, split: "test" }),
      drawStrokes({ count: 20, seed: 2 }),
    ]);
    expect(new Set(sets.map((set) => set.fingerprint)).size).toBe(3);
  });

  test("has each digit equally often, in mixed order", () => {
    const labels = train.labels ?? new Uint8Array();
    for (let digit = 0; digit < 10; digit++) {
      expect(labels.filter((label) => label === digit).length).toBe(150);
    }
    // Of 1,499 neighbours a tenth, 150 ± 12, are equal in a random order.
    const equal = labels.filter((label, i) => i > 0 && label === labels[i - 1]).length;
    expect(Math.abs(equal - 150)).toBeLessThan(60);
  });

  test("refuses a count that is no whole number of pictures", async () => {
    for (const count of [0, -1, 2.5, Number.NaN, 1e12]) {
      await expect(drawStrokes({ count })).rejects.toThrow(/strokes cannot draw/);
    }
  });
});

describe("the pictures", () => {
  test("have white ink on black paper, with soft edges, and no two are equal", () => {
    const seen = new Set<string>();
    for (let i = 0; i < train.count; i++) {
      const image = imageOf(train, i);
      const paper = image.filter((value) => value === 0).length;
      const grey = image.filter((value) => value > 0 && value < 255).length;
      expect(Math.max(...image)).toBeGreaterThan(235);
      expect(paper).toBeGreaterThan(PIXELS / 2);
      expect(grey).toBeGreaterThan(20);
      seen.add(Buffer.from(image).toString("latin1"));
    }
    expect(seen.size).toBe(train.count);
  });

  test("lie about 20 pixels large around their centre of mass", () => {
    for (let i = 0; i < train.count; i++) {
      const { x, y, width, height } = measure(imageOf(train, i));
      // The mass is summed along the pen's path; where lines cross, ink counts twice: up to a pixel is allowed.
      expect(Math.hypot(x - 14, y - 14)).toBeLessThan(1.2);
      expect(Math.max(width, height)).toBeGreaterThanOrEqual(18);
      expect(Math.max(width, height)).toBeLessThanOrEqual(22);
    }
  });

  test("can be read: the nearest of 1,500 others has the same label for 97 of 100", () => {
    let right = 0;
    for (let i = 0; i < held.count; i++) {
      if (train.labels?.[nearest(imageOf(held, i))] === held.labels?.[i]) right++;
    }
    expect(right / held.count).toBeGreaterThanOrEqual(0.97);
  });
});

/** Centre of mass, and size of what is at least half white, in pixels. */
function measure(image: Uint8Array): { x: number; y: number; width: number; height: number } {
  let [mass, x, y] = [0, 0, 0];
  const columns = new Set<number>();
  const rows = new Set<number>();
  image.forEach((ink, i) => {
    const [row, column] = [Math.floor(i / 28), i % 28];
    mass += ink;
    x += ink * (column + 0.5);
    y += ink * (row + 0.5);
    if (ink < 128) return;
    columns.add(column);
    rows.add(row);
  });
  const extent = (set: Set<number>): number => Math.max(...set) - Math.min(...set) + 1;
  return { x: x / mass, y: y / mass, width: extent(columns), height: extent(rows) };
}

/** The training picture with the least squared distance. */
function nearest(image: Uint8Array): number {
  let [best, least] = [0, Infinity];
  for (let i = 0; i < train.count; i++) {
    let distance = 0;
    for (let k = 0; k < PIXELS && distance < least; k++)
      distance += (image[k] - pixelsOf(train)[i * PIXELS + k]) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
