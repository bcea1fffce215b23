// What of images a config may say.
import { expect, test } from "vitest";
import { parseConfig } from "../../../../shared/config/config.ts";
import { AS_THEY_ARE, samplesOf } from "../../../../shared/data/image-options.ts";

const sizeOf = (size: unknown): unknown =>
  parseConfig({
    model: { kind: "preset", name: "dcgan" },
    length: { kind: "steps", steps: 1 },
    images: { size: size as [number, number] },
  }).images.size;

test("a size is a side of a square, height and width, or none", () => {
  expect([sizeOf(64), sizeOf([64, 48]), sizeOf(null), AS_THEY_ARE.size]).toEqual([
    [64, 64],
    [64, 48],
    null,
    null,
  ]);
});

test("what is no size is refused with what would be", () => {
  for (const wrong of ["64x48", [64], [1, 2, 3], {}])
    expect(() => sizeOf(wrong)).toThrow(/images\.size: write a side such as 64, or \[height, width\]/);
  expect(() => sizeOf([0, 8])).toThrow(/images\.size/);
});

test("mirrored images are samples of their own", () => {
  expect([samplesOf({ flip: false }, 10), samplesOf({ flip: true }, 10)]).toEqual([10, 20]);
});
