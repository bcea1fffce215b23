// An alarm goes by the clock that it is given, which may stand still.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Alarm } from "../../../../coordinator/leases/alarm.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("rings once, as early as it was told to", () => {
  const { alarm, rings, pass } = open();
  alarm.ringIn(50);
  alarm.ringIn(20);
  alarm.ringIn(90);
  pass(19);
  expect(rings()).toBe(0);
  pass(1);
  expect(rings()).toBe(1);
  pass(1000);
  expect(rings()).toBe(1);
});

test("does not ring after it was stopped", () => {
  const { alarm, rings, pass } = open();
  alarm.ringIn(50);
  alarm.stop();
  pass(1000);
  expect(rings()).toBe(0);
});

test("waits while the clock stands still, and looks at it ten times a second at most", () => {
  const { alarm, rings, looks, pass, clock } = open();
  alarm.ringIn(5);
  clock.still = true;
  const before = looks();
  pass(10_000);
  expect(rings()).toBe(0);
  expect(looks() - before).toBeLessThanOrEqual(2 * 100);
  clock.still = false;
  pass(100);
  expect(rings()).toBe(1);
});

function open() {
  let [now, looks, rings] = [0, 0, 0];
  const clock = { still: false };
  const read = (): number => {
    looks++;
    return now;
  };
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed++) {
      if (!clock.still) now++;
      vi.advanceTimersByTime(1);
    }
  };
  const alarm = new Alarm(() => void rings++, read);
  return { alarm, clock, pass, rings: () => rings, looks: () => looks };
}
