// The suite's table.
import { expect, test } from "vitest";
import { speedOf } from "../../../../../deploy/bench/speed.ts";
import { type ModelResult, stepsOf } from "../../../../../deploy/bench/suite/measure-model.ts";
import { TABLE_HEAD, summaryOf, summaryText, tableLine } from "../../../../../deploy/bench/suite/table.ts";

const row = (imagesPerSecond: number, peakBytes: number) => ({
  system: "any",
  speeds: [{ ...speedOf([1000], [1000], imagesPerSecond), peakBytes }],
});
const result: ModelResult = {
  model: "dcgan-64",
  shard: 16,
  threads: 2,
  operations: 2e9,
  ganglion: row(60, 1.5e9),
  pytorch: row(40, 900e6),
  ratio: 1.5,
  spread: 0.02,
};

test("a line has speeds, ratio, GFLOPS as shares of what MatMul reaches, and peak memory", () => {
  // 60 images/s × 2 GFLOP = 120 of 200 GFLOPS
  expect(tableLine(result, 200)).toBe(
    "| dcgan-64 | 16 | 60 | 40 | 1.50 | 120 (60 %) | 80 (40 %) | 1,500 | 900 |",
  );
  expect(TABLE_HEAD[0].split("|")).toHaveLength(tableLine(result, 200).split("|").length);
});

test("on a GPU GFLOPS stand alone, and a turn has steps for a GPU", () => {
  expect(tableLine(result, null)).toContain("| 1.50 | 120 | 80 |");
  expect(stepsOf(1e12)).toBe(3); // 3 s × 80 GFLOPS are less than one
  expect(stepsOf(1e12, "cuda")).toBe(15); // 3 s × 5 TFLOPS
});

test("a line without PyTorch, or whose rounds disagree, has no ratio", () => {
  const { pytorch: _pytorch, ratio: _ratio, spread: _spread, ...alone } = result;
  expect(tableLine(alone, 200)).toBe("| dcgan-64 | 16 | 60 | – | – | 120 (60 %) | – | 1,500 | – |");
  expect(tableLine({ ...result, ratio: null, spread: 0.3 }, 200)).toContain("| rounds disagree |");
});

test("the summary is the geometric mean and the least of the ratios that there are", () => {
  const named = (model: string, ratio: number | null): ModelResult => ({ ...result, model, ratio });
  const summary = summaryOf([named("a", 2), named("b", 0.5), named("c", null)])!; // √(2 · 0.5) = 1
  expect(summary).toEqual({ geometricMean: 1, least: 0.5, slowest: "b", models: 2 });
  expect(summaryText(summary)).toBe(
    "Ganglion is 1.00 × as fast in the geometric mean of 2 models; the least is 0.50 × (b)",
  );
  expect(summaryText(summaryOf([named("a", 2)])!)).toBe("Ganglion is 2.00 × as fast (a)");
  expect(summaryOf([named("c", null)])).toBeNull();
});

test("a turn has as many steps as take about three seconds, between 3 and 200", () => {
  expect(stepsOf(80e9 / 10)).toBe(30); // a tenth of a second each
  expect(stepsOf(1e13)).toBe(3);
  expect(stepsOf(1e6)).toBe(200);
});
