// Numbers, times and paths as people read them.
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { count, displayPath, duration } from "../../../../deploy/terminal/format.ts";

test.each([
  [0, "0.0 s"],
  [9.94, "9.9 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [59.6, "1 min 00 s"],
  [119.7, "2 min 00 s"],
  [3599.6, "1 h 00 min"],
  [3725, "1 h 02 min"],
])("%d seconds are %s", (seconds, text) => expect(duration(seconds)).toBe(text));

test("a count has no decimals, a small rate has three digits", () => {
  expect([count(12_345), count(1234.5), count(1.2345), count(7)]).toEqual(["12,345", "1,235", "1.23", "7"]);
});

test("a path in the working directory is shown from there on, any other as a whole", () => {
  expect(displayPath(resolve("runs/00001-digits-strokes"))).toBe(join("runs", "00001-digits-strokes"));
  for (const path of [resolve("."), resolve(".."), resolve("../runs")]) expect(displayPath(path)).toBe(path);
});
