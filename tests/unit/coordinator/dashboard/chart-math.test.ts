// The arithmetic of the page's charts.
import { expect, test } from "vitest";
import {
  type Point,
  bucketsOf,
  decadesOf,
  shortNumber,
  thinned,
  ticksOf,
} from "../../../../coordinator/dashboard/page/chart-math.ts";

test("few points are drawn as they are", () => {
  const points: Point[] = [[1, 5], [2, 7]]; // prettier-ignore
  expect(bucketsOf(points, 10)).toEqual([
    { step: 1, least: 5, mean: 5, most: 5 },
    { step: 2, least: 7, mean: 7, most: 7 },
  ]);
});

test("neighbours become one: their middle, mean and extremes; what is no number is left out", () => {
  const points: Point[] = [[1, 1], [2, null], [3, 3], [4, 10], [5, 20]]; // prettier-ignore
  // four numbers in two buckets: (1 + 3) / 2 = 2 and (10 + 20) / 2 = 15
  expect(bucketsOf(points, 2)).toEqual([
    { step: 2, least: 1, mean: 2, most: 3 },
    { step: 4.5, least: 10, mean: 15, most: 20 },
  ]);
  expect(bucketsOf([[1, null]], 2)).toEqual([]);
});

test("thinning keeps every other point, and the newest", () => {
  const points: Point[] = [[1, 1], [2, 2], [3, 3], [4, 4]]; // prettier-ignore
  expect(thinned(points)).toEqual([[2, 2], [4, 4]]); // prettier-ignore
});

test("ticks are round numbers inside the range", () => {
  expect(ticksOf(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(ticksOf(0.27, 1.9)).toEqual([0.5, 1, 1.5]);
  expect(ticksOf(-120, 310)).toEqual([-100, 0, 100, 200, 300]);
  expect(ticksOf(3, 3)).toEqual([3]);
});

test("a logarithmic axis has decades where it spans some, and round numbers where it does not", () => {
  expect(decadesOf(-2.3, 1.2)).toEqual([-2, -1, 0, 1]);
  const few = decadesOf(Math.log10(0.29), Math.log10(0.52)).map((tick) => 10 ** tick);
  expect(few.map((value) => Number(value.toFixed(6)))).toEqual([0.3, 0.35, 0.4, 0.45, 0.5]);
});

test("a number has four digits, and all of its whole ones", () => {
  const numbers = [1 / 3, 2, 12_345.6, 999.96, null];
  expect(numbers.map(shortNumber)).toEqual(["0.3333", "2", "12346", "1000", "not a number"]);
});
