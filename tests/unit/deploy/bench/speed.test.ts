// Times of steps as a speed.
import { expect, test } from "vitest";
import { median, speedOf } from "../../../../deploy/bench/speed.ts";

test("the median is the middle value, or the mean of the two in the middle, in any order", () => {
  expect(median([9, 1, 4])).toBe(4);
  expect(median([9, 1, 4, 2])).toBe(3);
  expect(median([7])).toBe(7);
});

test("one slow step does not change the speed", () => {
  // 128 images in 500 ms
  expect(speedOf([500, 500, 9000], [400, 450, 410], 128)).toEqual({
    medianMs: 500,
    leastMs: 500,
    mostMs: 9000,
    cpuMs: 410,
    imagesPerSecond: 256,
  });
});
