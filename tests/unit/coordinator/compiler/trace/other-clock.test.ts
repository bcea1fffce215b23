// The clock that is wrong on purpose, and right again afterwards.
import { expect, test } from "vitest";
import { loadWithOtherClock, withOtherClock } from "../../../../../coordinator/compiler/trace/other-clock.ts";

const YEAR_MS = 365 * 86_400_000;
const readings = (): number[] => [Date.now(), new Date().getTime(), performance.now()];

test("every clock is years ahead inside, and right afterwards, also when the code throws", () => {
  const before = readings();
  const inside = withOtherClock(readings);
  for (const [i, reading] of inside.entries()) expect(reading - before[i]).toBeGreaterThan(YEAR_MS);
  expect(() =>
    withOtherClock(() => {
      throw new Error("stop");
    }),
  ).toThrow("stop");
  for (const [i, reading] of readings().entries()) expect(reading - before[i]).toBeLessThan(YEAR_MS);
});

test("dates that are given keep their time", () => {
  expect(withOtherClock(() => new Date(5).getTime())).toBe(5);
  expect(withOtherClock(() => new Date() instanceof Date)).toBe(true);
});

test("while a module is loaded, only its own code finds the clocks ahead", async () => {
  const before = Date.now();
  const own = await loadWithOtherClock(import.meta.filename, async () => Date.now());
  expect(own - before).toBeGreaterThan(YEAR_MS);
  const others = await loadWithOtherClock("/somewhere/else.mjs", async () => Date.now());
  expect(others - before).toBeLessThan(YEAR_MS);
});
