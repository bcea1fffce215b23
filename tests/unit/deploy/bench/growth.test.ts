// How fast memory grows.
import { describe, expect, test } from "vitest";
import { growthOf } from "../../../../deploy/bench/growth.ts";

describe("the growth of a process", () => {
  test("is its bytes a step", () => {
    expect(growthOf([0, 0, 0, 0, 100, 102, 104, 106])).toBe(2);
  });

  test("is nothing where garbage comes and goes around one level", () => {
    // Of the 15 slopes 3 fall, 6 are level, 6 rise.
    expect(growthOf([9, 9, 9, 9, 9, 9, 50, 66, 50, 66, 50, 66])).toBe(0);
  });

  test("does not count what fills up at first, nor one great release", () => {
    expect(growthOf([0, 400, 800, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 400])).toBe(1);
  });

  test("of a single step is not known, and taken for nothing", () => {
    expect(growthOf([7])).toBe(0);
  });
});
