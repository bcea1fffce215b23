// Paths as people read them.
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { nearPath } from "../../../../deploy/terminal/display-path.ts";

test("what is in the working directory is told from there on, all else as a whole", () => {
  expect(nearPath(resolve("runs/00001-digits-strokes"))).toBe(join("runs", "00001-digits-strokes"));
  for (const path of [resolve("."), resolve(".."), resolve("../runs")]) expect(nearPath(path)).toBe(path);
});
