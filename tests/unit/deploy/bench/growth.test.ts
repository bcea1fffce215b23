// How fast memory grows.
import { describe, expect, test } from "vitest";
import { TELLING_STEPS, growthOf } from "../../../../deploy/bench/growth.ts";

/** Before memory has settled, readings that would say that it grows by 1000 a step. */
const filling = Array.from({ length: 30 }, (_, step) => 1000 * step);

describe("the growth of a process", () => {
  test("is its bytes a step", () => {
    expect(growthOf([...filling, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18])).toBe(2);
  });

  test("is nothing where garbage comes and goes around one level", () => {
    // Of the 45 slopes 10 fall, 20 are level, 15 rise.
    expect(growthOf([...filling, 50, 66, 50, 66, 50, 66, 50, 66, 50, 66])).toBe(0);
  });

  test("does not count one great release", () => {
    expect(growthOf([...filling, 901, 902, 903, 904, 905, 906, 907, 908, 909, 400])).toBe(1);
  });

  test("is not told from fewer steps than it takes to settle", () => {
    expect(growthOf(Array.from({ length: TELLING_STEPS - 1 }, () => 7))).toBeNull();
    expect(growthOf(Array.from({ length: TELLING_STEPS }, () => 7))).toBe(0);
  });
});
