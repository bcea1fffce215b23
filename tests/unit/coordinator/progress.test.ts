// Progress: speed and remaining time, with a clock that the test moves.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Progress } from "../../../coordinator/progress.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

test("the first step is measured from the start, the next ones from the step before", () => {
  const progress = new Progress({ steps: 10, epochSize: 32, position: 0 });
  vi.advanceTimersByTime(60_000); // preparing does not count
  progress.start();
  vi.advanceTimersByTime(2000);
  expect(progress.step({ step: 1, position: 8 }, 3)).toEqual({
    step: 1,
    version: 3,
    images: 8,
    epoch: 0.25,
    seconds: 2,
    imagesPerSecond: 4, // 8 / 2 s
    remainingSeconds: 18, // 9 steps of 2 s
  });
  vi.advanceTimersByTime(500);
  expect(progress.step({ step: 2, position: 16 }, 6)).toMatchObject({
    seconds: 2.5,
    imagesPerSecond: 16, // 8 / 0.5 s
    remainingSeconds: 4, // 8 steps of 0.5 s
  });
  expect(progress.overall(16)).toEqual({ seconds: 2.5, imagesPerSecond: 6.4 });
});

test("speed is that of the last ten seconds", () => {
  const progress = new Progress({ steps: 100, epochSize: 10, position: 0 });
  progress.start();
  const step = (number: number): number => {
    vi.advanceTimersByTime(number <= 5 ? 1000 : 4000);
    return progress.step({ step: number, position: 8 * number }, number).imagesPerSecond;
  };
  const speeds = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(step);
  expect(speeds.slice(0, 5)).toEqual([8, 8, 8, 8, 8]);
  // 8 images in 4 s, once nothing older than 10 s is left: at 9 the marks are 7, 8 and 9
  expect(speeds[8]).toBe(2);
});

test("a pause is nobody's speed, and what lasts is", () => {
  const progress = new Progress({ steps: 100, epochSize: 10, position: 0 });
  progress.start();
  let number = 0;
  const step = (ms: number): { readonly imagesPerSecond: number; readonly remainingSeconds: number } => {
    vi.advanceTimersByTime(ms);
    number++;
    return progress.step({ step: number, position: 8 * number }, number);
  };
  for (let i = 0; i < 5; i++) step(1000);
  expect(step(600_000)).toMatchObject({ imagesPerSecond: 8, remainingSeconds: 94 }); // all nodes were away
  expect(step(1000)).toMatchObject({ imagesPerSecond: 8, remainingSeconds: 93, seconds: 606 });
  for (let i = 0; i < 5; i++) step(100_000); // fewer nodes are back
  expect(step(100_000).imagesPerSecond).toBeCloseTo(0.08);
});

test("a resumed run counts its images on, but its speed only from where it resumed", () => {
  const progress = new Progress({ steps: 10, epochSize: 100, position: 1000 });
  progress.start();
  expect(progress.overall(1000)).toEqual({ seconds: 0, imagesPerSecond: 0 });
  vi.advanceTimersByTime(4000);
  expect(progress.step({ step: 6, position: 1008 }, 6)).toMatchObject({
    images: 1008,
    epoch: 10.08,
    imagesPerSecond: 2, // (1008 - 1000) / 4 s
    remainingSeconds: 16, // 4 steps of 4 s
  });
});
