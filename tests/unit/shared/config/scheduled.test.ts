// Numbers that follow the images of a run: their values by hand, what they may be, and what is said of those that may not.
import { describe, expect, test } from "vitest";
import { parseConfig, type RunConfig, type RunConfigInput } from "../../../../shared/config/config.ts";
import { changeBetween, merged } from "../../../../shared/config/history/change.ts";
import { allRampsOf, rampMetrics, rampsOf } from "../../../../shared/config/objectives/ramps.ts";
import { lateRamps } from "../../../../shared/config/schedule-faults.ts";
import { type Ramp, describeScheduled, scheduledAt } from "../../../../shared/config/scheduled.ts";

const RUN = { runImages: 1000 };

describe("a ramp", () => {
  const linear: Ramp = { kind: "linear", from: 2, to: 10, startImages: 200, endImages: 600 };

  test("is one value before it starts, another once it has ended, and on a straight line between", () => {
    const at = (images: number): number => scheduledAt(linear, { ...RUN, images });
    expect([0, 200, 300, 500, 600, 9999].map(at)).toEqual([2, 2, 4, 8, 10, 10]);
  });

  test("of a cosine is slow at both ends: from + (to - from)·(1 - cos πp) / 2", () => {
    const at = (images: number): number => scheduledAt({ ...linear, kind: "cosine" }, { ...RUN, images });
    expect([200, 600].map(at)).toEqual([2, 10]);
    expect(at(300)).toBeCloseTo(2 + 8 * (1 - Math.SQRT1_2) * 0.5, 8); // p = ¼: cos 45°
    expect(at(400)).toBeCloseTo(6, 8);
  });

  test("without an end comes to it when the run ends", () => {
    const { endImages: _, ...open } = linear;
    expect(scheduledAt(open, { images: 600, ...RUN })).toBe(6); // half of the way from 200 to 1000
    expect(scheduledAt(open, { images: 1000, ...RUN })).toBe(10);
  });

  test("is described in words", () => {
    expect(describeScheduled(0.5)).toBe("0.5");
    expect(describeScheduled({ kind: "cosine", from: 2, to: 0.2, startImages: 0 })).toBe(
      "2 to 0.2 (cosine, over the whole run)",
    );
    expect(describeScheduled({ ...linear, endImages: 60_000 })).toBe(
      "2 to 10 (linear, from image 200 to 60,000)",
    );
  });
});

describe("a config", () => {
  test("may have a ramp for γ, weights, probabilities, both betas, the rate and the half-life of the average", () => {
    const ramp = { from: 0.9, to: 0.99 };
    const config = configOf({
      optimizer: {
        beta1: { from: 0, to: 0.5 },
        beta2: ramp,
        learningRate: { kind: "linear", from: 1e-3, to: 1e-4 },
      },
      optimizers: { generator: { beta2: 0.5 } },
      regularizers: { r1: { gamma: { from: 2, to: 0.2 } } },
      topK: ramp,
      augment: { kind: "ada", probability: { from: 0, to: 0.3 } },
      averageHalfLife: { from: 100, to: 1000 },
    });
    const objective = ["regularizers.r1.gamma", "augment.probability", "topK"];
    expect([...rampsOf(config).keys()]).toEqual(objective);
    expect([...allRampsOf(config).keys()]).toEqual([
      ...objective,
      "optimizer.learningRate",
      "optimizer.beta1",
      "optimizer.beta2",
      "optimizers.generator.learningRate", // inherited
      "optimizers.generator.beta1",
      "averageHalfLife",
    ]);
    expect(rampMetrics(config, { images: 0, ...RUN })).toEqual({
      "config/regularizers.r1.gamma": 2,
      "config/augment.probability": 0,
      "config/topK": 0.9,
      "config/averageHalfLife": 100,
    });
  });

  // prettier-ignore
  test.each<[string, Partial<RunConfigInput>, ...string[]]>([
    ["a mistyped field of a ramp", { optimizer: { beta2: { from: 0.9, too: 0.99 } } }, "config field optimizer.beta2", '"too" (did you mean to?)', "config field optimizer.beta2.to"],
    ["another one", { regularizers: { r1: { gamma: { from: 2, to: 1, endImage: 5 } } } }, "config field regularizers.r1.gamma", "did you mean endImages?"],
    ["a curve that is none", { topK: { kind: "cosinus", from: 1, to: 0.5 } }, "config field topK.kind", '"cosine"', "cosinus"],
    ["a value of a ramp out of bounds", { topK: { from: 1, to: 1.5 } }, "config field topK.to", "of at most 1", "not 1.5"],
    ["a number out of bounds", { optimizer: { beta2: 1 } }, "config field optimizer.beta2", "less than 1", "not 1"],
    ["a rate of nothing", { optimizer: { learningRate: { from: 1e-3, to: 0 } } }, "optimizer.learningRate.to", "greater than 0", "not 0"],
    ["an end before the start", { topK: { from: 1, to: 0.5, startImages: 9, endImages: 9 } }, "topK.endImages", "it ends at 9 images, and starts at 9"],
    ["neither a number nor a ramp", { optimizer: { beta2: "much" } }, "optimizer.beta2", "write a number from 0 to less than 1, or {", 'not "much"'],
    ["a list", { topK: [1, 0.5] }, "topK", "write a number from 0.01 to 1, or {"],
    ["a half-life without an average", { average: 0, averageHalfLife: 100 }, "averageHalfLife", "average is 0", "leave one of the two out"],
    ["a ramp-up without a half-life", { averageRampUp: 0.05 }, "averageRampUp", "0.05", "--average-half-life"],
    ["a rate that falls twice", { optimizer: { learningRate: { from: 1e-3, to: 1e-4 }, learningRateSchedule: { kind: "cosine" } } }, "optimizer.learningRate", "the schedule cosine changes it too"],
  ] as never)("with %s is refused, with field, value and remedy", (_, fields: object, ...words) => {
    const parse = (): RunConfig => configOf(fields);
    for (const word of words) expect(parse).toThrow(expect.objectContaining({ message: expect.stringContaining(word) as string }));
  });

  test("is warned of a ramp that the run does not see whole", () => {
    const warned = (endImages?: number, startImages = 0): string[] =>
      lateRamps(
        allRampsOf(configOf({ topK: { kind: "linear", from: 1, to: 0.5, startImages, endImages } })),
        1000,
      );
    expect(warned()).toEqual([]);
    expect(warned(1000)).toEqual([]);
    expect(warned(2000)).toEqual([
      "config field topK comes to 0.5 at 2,000 images, and the run ends at 1,000, where it is 0.75: give a smaller endImages or leave it out, or more steps",
    ]);
    expect(warned(undefined, 1000)).toEqual([
      "config field topK starts to change at 1,000 images, and the run ends at 1,000: it stays at 1; give a smaller startImages, or more steps",
    ]);
  });
});

test("a ramp replaces another one whole, and a recorded change of its parts changes those", () => {
  const long = { kind: "cosine", from: 2, to: 1, startImages: 0, endImages: 500 };
  const toTheEnd = { kind: "cosine", from: 3, to: 0.5, startImages: 0 };
  expect(merged({ gamma: long }, { gamma: toTheEnd })).toEqual({ gamma: toTheEnd });
  for (const [before, after] of [
    [long, toTheEnd],
    [toTheEnd, long],
    [long, 7],
    [7, long],
  ])
    // prettier-ignore
    expect(merged({ gamma: before }, changeBetween({ gamma: before }, { gamma: after }))).toEqual({ gamma: after });
});

function configOf(fields: Partial<RunConfigInput>): RunConfig {
  return parseConfig({
    model: { kind: "preset", name: "digits" },
    length: { kind: "steps", steps: 1 },
    ...fields,
  });
}
