// Which checkpoints stay, worked out by hand on short runs.
import { expect, test } from "vitest";
import {
  Retention,
  type RetentionRule,
  keptAtEnd,
} from "../../../../../coordinator/records/checkpoint/retention.ts";

const THINNED: RetentionRule = { keep: "thinned", checkpointEvery: 5 };

/** What is there after each of these steps has been saved, in order. */
function survivors(
  steps: readonly number[],
  rule: RetentionRule,
  retention = new Retention(rule),
  before: readonly number[] = [],
): number[] {
  let there = [...before];
  for (const step of steps) {
    const kept = retention.keeps([...there, step]);
    there = [...there, step].filter((each) => kept.has(each));
  }
  return there;
}

/** `every`, 2 · `every` … `last` */
function multiples(every: number, last: number): number[] {
  return Array.from({ length: Math.floor(last / every) }, (_, i) => every * (i + 1));
}

test("by default the newest three stay, and every tenth", () => {
  expect(survivors(multiples(5, 45), THINNED)).toEqual([35, 40, 45]);
  expect(survivors(multiples(5, 125), THINNED)).toEqual([50, 100, 115, 120, 125]);
});

test("a run that was stopped in between and resumed keeps what the uninterrupted one keeps", () => {
  const first = survivors([...multiples(5, 50), 53], THINNED);
  expect(first).toEqual([45, 50, 53]);
  expect(survivors([55, 60, 65, 70], THINNED, new Retention(THINNED), first)).toEqual([50, 60, 65, 70]);
  expect(survivors(multiples(5, 70), THINNED)).toEqual([50, 60, 65, 70]);
});

test("what stayed under another cadence is thinned to the new one, and not lost", () => {
  const before = survivors(multiples(5, 160), THINNED);
  expect(before).toEqual([50, 100, 150, 155, 160]);
  const denser: RetentionRule = { keep: "thinned", checkpointEvery: 3 }; // one of every 30 steps
  expect(survivors([162, 165, 168, 171, 174], denser, new Retention(denser), before)).toEqual([
    50, 100, 150, 168, 171, 174,
  ]);
  const sparser: RetentionRule = { keep: "thinned", checkpointEvery: 10 }; // of every 100
  expect(survivors([170, 180, 190, 200], sparser, new Retention(sparser), before)).toEqual([
    100, 180, 190, 200,
  ]);
});

test("a number keeps that many of the newest, and all keeps every one", () => {
  expect(survivors(multiples(5, 100), { keep: 1, checkpointEvery: 5 })).toEqual([100]);
  expect(survivors(multiples(5, 100), { keep: 4, checkpointEvery: 5 })).toEqual([85, 90, 95, 100]);
  expect(survivors(multiples(5, 100), { keep: "all", checkpointEvery: 5 })).toHaveLength(20);
});

test("a resume may keep fewer, or more from then on", () => {
  const there = survivors(multiples(5, 125), THINNED);
  const two: RetentionRule = { keep: 2, checkpointEvery: 5 };
  expect(survivors([130], two, new Retention(two), there)).toEqual([125, 130]);
  const all: RetentionRule = { keep: "all", checkpointEvery: 5 };
  expect(survivors([130, 135], all, new Retention(all), there)).toEqual([50, 100, 115, 120, 125, 130, 135]);
});

test("the best by FID stays beside the others, until a better one is there", () => {
  const rule: RetentionRule = { keep: 2, checkpointEvery: 5 };
  const retention = new Retention(rule);
  retention.measured(10, 30);
  retention.measured(15, 42);
  expect(retention.isBest(10)).toBe(true);
  expect(retention.isBest(15)).toBe(false);
  expect(survivors(multiples(5, 30), rule, retention)).toEqual([10, 25, 30]);
  retention.measured(35, 12.5);
  expect(retention.keeps([10, 25, 30])).toContain(10); // that of step 35 is not written yet
  expect(survivors([35, 40, 45], rule, retention, [10, 25, 30])).toEqual([35, 40, 45]);
});

test("a measurement that is not finite makes nothing the best", () => {
  const retention = new Retention({ keep: 1, checkpointEvery: 5 });
  retention.measured(5, Number.NaN);
  expect(retention.isBest(5)).toBe(false);
  expect([...retention.keeps([5, 10])]).toEqual([10]);
});

test("how many there are at the end is what saving them one by one leaves", () => {
  for (const keep of ["thinned", "all", 1, 2, 7] as const)
    for (const checkpointEvery of [1, 3, 5])
      for (const steps of [1, 2, 4, 5, 29, 30, 31, 50, 100, 101, 149, 150, 157]) {
        const written = [
          ...multiples(checkpointEvery, steps),
          ...(steps % checkpointEvery === 0 ? [] : [steps]),
        ];
        const rule = { keep, checkpointEvery };
        expect(keptAtEnd(rule, steps), JSON.stringify({ ...rule, steps })).toBe(
          survivors(written, rule).length,
        );
      }
});
