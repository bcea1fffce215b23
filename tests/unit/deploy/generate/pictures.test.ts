// Which pictures are drawn: seeds, truncation, and the way from one to another.
import { describe, expect, test } from "vitest";
import { interpolate, slerp } from "../../../../deploy/generate/interpolation.ts";
import { parseSeeds, picturesOf } from "../../../../deploy/generate/pictures.ts";
import { classColumns } from "../../../../shared/program/class-columns.ts";
import { stream } from "../../../../shared/random/random.ts";

const CHOICE = { seed: 3, count: 4, classes: 3, truncation: 1 };

function noiseOf(pictures: ReturnType<typeof picturesOf>, picture: number): Float32Array {
  const out = new Float32Array(6);
  pictures.noise(picture, out);
  return out;
}

test("without a choice picture i is sample i of the run's seed, and classes take turns", () => {
  const expected = new Float32Array(6);
  stream(3, "sample", 2).fillNormal(expected);
  const pictures = picturesOf(CHOICE);
  expect(noiseOf(pictures, 2)).toEqual(expected);
  expect([0, 1, 2, 3].map((i) => pictures.classOf(i))).toEqual([0, 1, 2, 0]);
});

test("classes that are chosen take turns, in their order", () => {
  const pictures = picturesOf({ ...CHOICE, chosen: [2, 0] });
  expect([0, 1, 2, 3].map((i) => pictures.classOf(i))).toEqual([2, 0, 2, 0]);
});

test("in a grid with a column for each class the images of a row share their noise", () => {
  const grid = picturesOf({ ...CHOICE, count: 7, columns: 3 }); // 7 is no multiple of 3
  const rows = [0, 1, 2, 3, 4, 5, 6].map((i) => noiseOf(grid, i));
  const alone = [0, 1, 2].map((i) => noiseOf(picturesOf(CHOICE), i));
  expect(rows).toEqual([0, 0, 0, 1, 1, 1, 2].map((row) => alone[row]));
  expect([classColumns(3, 7), classColumns(8, 7), classColumns(1, 7), classColumns(33, 64)]).toEqual([3, null, null, null]); // prettier-ignore
});

test("each of several seeds draws the picture that it draws alone", () => {
  const several = picturesOf({ ...CHOICE, seeds: [9, 3] });
  expect(several.count).toBe(2);
  expect(noiseOf(several, 1)).toEqual(noiseOf(picturesOf(CHOICE), 0));
});

test("truncation scales the noise towards its mean, which is 0", () => {
  const whole = noiseOf(picturesOf(CHOICE), 1);
  expect(noiseOf(picturesOf({ ...CHOICE, truncation: 0.5 }), 1)).toEqual(whole.map((value) => value * 0.5));
});

test("seeds are listed in their order, with ranges", () => {
  expect(parseSeeds("5, 1,9-11")).toEqual([5, 1, 9, 10, 11]);
  for (const text of ["", "1,,2", "3-1", "-1", "1.5", "a"])
    expect(() => parseSeeds(text)).toThrow("is no seed and no range, give such as 1,5,9-20");
});

describe("an interpolation", () => {
  test("turns evenly between directions: a quarter of a turn in two halves", () => {
    const [a, b] = [Float32Array.of(2, 0), Float32Array.of(0, 4)];
    const middle = new Float32Array(2);
    slerp(a, b, 0.5, middle);
    // 45 degrees, as long as the mean of 2 and 4
    expect(middle[0]).toBeCloseTo(3 * Math.SQRT1_2, 6);
    expect(middle[1]).toBeCloseTo(3 * Math.SQRT1_2, 6);
    slerp(a, Float32Array.of(4, 0), 0.5, middle);
    expect([...middle]).toEqual([3, 0]);
  });

  test("begins at its first picture, passes each, and ends where it began", () => {
    const keys = picturesOf({ ...CHOICE, count: 6 });
    const way = interpolate({ keys, keysEach: 3, tiles: 2, frames: 12, latentSize: 6 });
    expect(way.count).toBe(24);
    const close = (frame: number, tile: number, key: number): void => {
      const [got, expected] = [noiseOf(way, frame * 2 + tile), noiseOf(keys, key)];
      got.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
    };
    close(0, 0, 0);
    close(4, 0, 1);
    close(8, 1, 5);
    // The last frame is one step before the first: a third of the way of the step is left.
    const [last, first] = [noiseOf(way, 22), noiseOf(keys, 0)];
    const step = Math.hypot(...last.map((value, i) => value - first[i]));
    const whole = Math.hypot(...noiseOf(keys, 2).map((value, i) => value - first[i]));
    expect(step).toBeLessThan(whole / 2);
    expect([way.classOf(0), way.classOf(1), way.classOf(22)]).toEqual([0, 1, 0]);
  });
});
