// Values that follow the step: pure functions of schedule, step and the run's steps.
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../../shared/config/config.ts";
import { type ValueSchedule, nowAt, valueAt } from "../../../../shared/config/values.ts";
import { namedValue } from "../../../../deploy/flags/tables/named-value.ts";

/** At these steps of a run of 8. */
function at(schedule: ValueSchedule, ...steps: number[]): number[] {
  return steps.map((step) => valueAt(schedule, step, 8));
}

describe("a value", () => {
  test("constant", () => expect(at({ kind: "constant", value: 3 }, 0, 9)).toEqual([3, 3]));

  test("linear, between its steps and flat beyond them", () => {
    const schedule: ValueSchedule = { kind: "linear", from: 1, to: 3, startStep: 2, endStep: 6 };
    expect(at(schedule, 0, 2, 3, 4, 6, 7)).toEqual([1, 1, 1.5, 2, 3, 3]);
  });

  test("linear to the run's end, and to `to` exactly", () => {
    expect(at({ kind: "linear", from: 0.1, to: 0.3, startStep: 0 }, 0, 8)).toEqual([0.1, 0.3]);
  });

  test("cosine: half way in the middle, slow at both ends", () => {
    const [first, quarter, half, last] = at({ kind: "cosine", from: 0, to: 1, startStep: 0 }, 0, 2, 4, 8);
    expect([first, last]).toEqual([0, 1]);
    expect(half).toBeCloseTo(0.5, 8);
    expect(quarter).toBeCloseTo((1 - Math.cos(Math.PI / 4)) / 2, 8);
  });

  test("step", () => expect(at({ kind: "step", from: 0, to: 2, atStep: 5 }, 4, 5)).toEqual([0, 2]));
});

test("now has step, steps, images and every value by name", () => {
  const values = { fade: { kind: "linear", from: 0, to: 1, startStep: 0 } } as const;
  expect(nowAt(values, { step: 2, steps: 8, images: 64 })).toEqual({
    step: 2,
    steps: 8,
    images: 64,
    "values/fade": 0.25,
  });
});

describe("--value", () => {
  test.each<[string, object]>([
    ["gamma=10", { kind: "constant", value: 10 }],
    ["a=-1e-3", { kind: "constant", value: -1e-3 }],
    ["a=0:1", { kind: "linear", from: 0, to: 1, startStep: 0 }],
    ["a=0:1:5", { kind: "linear", from: 0, to: 1, startStep: 5 }],
    ["a=0:1:5:9", { kind: "linear", from: 0, to: 1, startStep: 5, endStep: 9 }],
    ["a=cosine:0:1:5:9", { kind: "cosine", from: 0, to: 1, startStep: 5, endStep: 9 }],
    ["a=step:0:1:5", { kind: "step", from: 0, to: 1, atStep: 5 }],
  ])("%s", (text, schedule) => expect(namedValue(text)).toEqual([text.split("=")[0], schedule]));

  test.each(["a", "=1", "a=", "a=b", "a=1:2:3:4:5", "a=step:0:1", "a=linear:1", "a=1::2", "a=NaN"])(
    "refuses %s",
    (text) => expect(() => namedValue(text)).toThrow("Write NAME=NUMBER, NAME=FROM:TO:START:END"),
  );
});

test.each<[object, string]>([
  [{ "1st": { kind: "constant", value: 1 } }, '"1st" is no name of a value'],
  [{ a: { kind: "linear", from: 0, to: 1, startStep: 5, endStep: 5 } }, "values.a.endStep: it ends at step 5, and starts at 5"],
  [{ a: { kind: "sine", from: 0, to: 1 } }, 'values.a.kind: choose one of constant, linear, cosine, step, not "sine"'],
  [{ a: { kind: "step", from: 0, to: 1, at: 3 } }, 'there is no field "at" (did you mean to?) in step'],
])("a config refuses the values %j", (values, says) => {
  const config = { model: { kind: "preset", name: "digits" }, length: { kind: "steps", steps: 9 }, values };
  expect(() => parseConfig(config)).toThrow(says);
}); // prettier-ignore
