// The portable logarithm and circle against those of this machine.
import { expect, test } from "vitest";
import { circlePoint, logOfWord } from "../../../../shared/random/portable-math.ts";

/** The ends, every octant's borders with their neighbours, and numbers in between. */
const words = [0, 1, 2, 3, 5, 1000, 123_456_789, 3_037_000_499, 3_037_000_500, 2 ** 32 - 2];
for (let octant = 1; octant <= 8; octant++) {
  words.push(octant * 2 ** 29 - 1);
  if (octant < 8) words.push(octant * 2 ** 29, octant * 2 ** 29 + 12_345_678);
}

test("takes the logarithm of word / 2^32, from 1 to 2^32, to within 1e-14", () => {
  for (const word of words) {
    const wanted = Math.log((word + 1) / 2 ** 32);
    expect(Math.abs(logOfWord(word + 1) - wanted)).toBeLessThan(1e-14);
  }
  expect(logOfWord(2 ** 32)).toBe(0);
});

test("finds cosine and sine of 2π · word / 2^32 to within 1e-12 in every octant", () => {
  const point = new Float64Array(2);
  for (const word of words) {
    circlePoint(word, point);
    const angle = (2 * Math.PI * word) / 2 ** 32;
    expect(Math.abs(point[0] - Math.cos(angle))).toBeLessThan(1e-12);
    expect(Math.abs(point[1] - Math.sin(angle))).toBeLessThan(1e-12);
  }
});
