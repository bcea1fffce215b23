// Pauses between attempts.
import { expect, test } from "vitest";
import { backOffMs, pause } from "../../../../shared/async/back-off.ts";

test("each pause is twice the one before, up to the longest", () => {
  const pauses = [1, 2, 3, 4].map((failures) => backOffMs(failures, { firstMs: 250, longestMs: 1500 }));
  expect(pauses).toEqual([250, 500, 1000, 1500]);
  expect(backOffMs(11, { firstMs: 1 })).toBe(1024); // 2 ^ 10
});

test("a pause ends when it is aborted, without an error", async () => {
  const stop = new AbortController();
  const paused = pause(3_600_000, stop.signal);
  stop.abort();
  await expect(paused).resolves.toBeUndefined();
  await expect(pause(3_600_000, stop.signal)).resolves.toBeUndefined();
});
