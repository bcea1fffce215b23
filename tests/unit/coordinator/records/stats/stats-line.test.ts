// Lines of stats.jsonl, of this version and of the one before.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { STATS_KEYS, lineOfStep, statsLineOf } from "../../../../../coordinator/records/stats/stats-line.ts";

test("a line of an older run gives the same keys as one of today", () => {
  const today = {
    step: 3,
    images: 24,
    "loss/generator": 0.5,
    "gradientNorm/generator": 2,
    "layerGradientNorm/generator/03-dense": 1,
  };
  expect(statsLineOf(today)).toEqual(today);
  const old = {
    step: 3,
    images: 24,
    metrics: { "loss/generator": 0.5 },
    gradientNorms: { generator: 2 },
    layerGradientNorms: { "generator/03-dense": 1 },
  };
  expect(statsLineOf(old)).toEqual(today);
  expect(statsLineOf({ step: 3, evaluation: { accuracy: 0.9 } })).toEqual({
    step: 3,
    "evaluation/accuracy": 0.9,
  });
});

test("null in a line is a number that JSON cannot write", () => {
  expect(statsLineOf({ step: 3, remainingSeconds: null })).toEqual({ step: 3, remainingSeconds: Number.NaN });
});

test("what has no step is no line, and what is no number is left out of one", () => {
  for (const value of [null, 3, "step", [], {}, { step: "3" }, { step: 1.5 }, { step: null }])
    expect(statsLineOf(value)).toBeNull();
  expect(statsLineOf({ step: 3, note: "mine", deep: { a: 1 } })).toEqual({ step: 3 });
});

test("a metric that a module calls step does not take the step's place", () => {
  const facts = {
    step: 3,
    version: 3,
    images: 24,
    epoch: 0,
    seconds: 1,
    imagesPerSecond: 8,
    remainingSeconds: 0,
  };
  const line = lineOfStep({
    ...facts,
    metrics: { step: 0.5, r1: 2 },
    gradientNorms: {},
    layerGradientNorms: {},
  });
  expect(line).toEqual({ ...facts, "metric/step": 0.5, r1: 2 });
});

test("docs/runs.md says of every key what it is", async () => {
  const page = await readFile(new URL("../../../../../docs/runs.md", import.meta.url), "utf8");
  for (const [key, meaning] of Object.entries(STATS_KEYS))
    expect(page).toContain(`| \`${key}\` | ${meaning} |`);
});
