import { expect, test } from "vitest";
import { CheckpointSchedule } from "../../../../../coordinator/records/checkpoint/checkpoint-schedule.ts";

const EVERY = { checkpointEvery: 4, checkpointMinutes: 10 };
const MINUTE = 60_000;

test("fast steps leave a checkpoint every so many of them", () => {
  const schedule = new CheckpointSchedule(EVERY, () => 0);
  expect([1, 2, 3, 4, 5, 6, 7, 8].filter((step) => schedule.isDue(step))).toEqual([4, 8]);
});

test("slow steps leave one when the newest is so many minutes old", () => {
  let now = 5 * MINUTE;
  const schedule = new CheckpointSchedule(EVERY, () => now);
  now += 10 * MINUTE - 1;
  expect(schedule.isDue(1)).toBe(false);
  now += 1;
  expect(schedule.isDue(1)).toBe(true);
  schedule.written();
  expect(schedule.isDue(2)).toBe(false);
  now += 10 * MINUTE;
  expect(schedule.isDue(2)).toBe(true);
});
