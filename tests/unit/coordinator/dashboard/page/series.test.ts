// The page's lines: what is kept of a series, and what of it is drawn.
import { describe, expect, test } from "vitest";
import type { NumberedEvent } from "../../../../../coordinator/dashboard/events.ts";
import { alignedOf } from "../../../../../coordinator/dashboard/page/series/aligned.ts";
import {
  type Buckets,
  coarser,
  continued,
  valueAt,
} from "../../../../../coordinator/dashboard/page/series/buckets.ts";
import { groupsOf } from "../../../../../coordinator/dashboard/page/series/chart-groups.ts";
import { heatOf, viridis } from "../../../../../coordinator/dashboard/page/series/heat.ts";
import { LiveSeries } from "../../../../../coordinator/dashboard/page/series/live-series.ts";
import { smoothed } from "../../../../../coordinator/dashboard/page/series/smoothing.ts";
import { stepEvent } from "../support.ts";

describe("buckets", () => {
  test("few points are drawn as they are", () => {
    const line = points([1, 5], [2, 7]);
    expect(coarser(line, 1, 2, 10)).toEqual(line);
    expect(coarser(line, 2, 9, 10)).toEqual(points([2, 7]));
  });

  test("many become few with every minimum, every maximum and the last value in them", () => {
    const line = points([1, 1], [2, null], [3, 3], [4, 10], [5, 20], [6, 15]);
    // six steps in two buckets of three
    expect(coarser(line, 1, 6, 2)).toEqual({ steps: [3, 6], min: [1, 10], max: [3, 20], last: [3, 15] });
  });

  test("buckets have equally many steps, however dense the points are", () => {
    const line = points([10, 1], [20, 2], [21, 3], [22, 4], [40, 5]);
    // 10 … 40 are 31 steps: four buckets of 7.75 begin at 10, 17.75, 25.5 and 33.25
    expect(coarser(line, 0, 100, 4).steps).toEqual([10, 22, 40]);
  });

  test("a million points are at most as many buckets as are asked for, and the highest is among them", () => {
    const steps = Array.from({ length: 1_000_000 }, (_, i) => i + 1);
    const values = steps.map((step) => (step === 777_777 ? 99 : step % 7));
    const few = coarser({ steps, min: values, max: values, last: values }, 1, 1_000_000, 400);
    expect(few.steps.length).toBeLessThanOrEqual(400);
    expect(Math.max(...few.max.map(Number))).toBe(99);
  });

  test("a line goes on where an earlier one ends, without a point twice", () => {
    expect(continued(points([1, 1], [2, 2]), points([2, 9], [3, 3]))).toEqual(points([1, 1], [2, 2], [3, 3]));
  });

  test("the value at a step is the last one before it", () => {
    const line = points([2, 5], [4, null]);
    expect([1, 2, 3, 4, 9].map((step) => valueAt(line, step))).toEqual([undefined, 5, 5, null, null]);
  });
});

describe("live series", () => {
  test("a step's numbers are series by name, and what is no number is a gap", () => {
    const live = new LiveSeries();
    live.hear(numbered({ ...stepEvent(1), metrics: { "loss/generator": 1.5, ratio: null } }));
    live.hear(numbered({ type: "evaluation", step: 1, metrics: { fid: 35 } }));
    expect(live.names).toEqual([
      "loss/generator",
      "ratio",
      "gradientNorm/discriminator",
      "gradientNorm/generator",
      "layerGradientNorm/discriminator/00-dense",
      "layerGradientNorm/generator/00-dense",
      "imagesPerSecond",
      "evaluation/fid",
    ]);
    expect(live.of("ratio")).toMatchObject({ steps: [1], last: [null] });
    expect(live.of("evaluation/fid")).toMatchObject({ steps: [1], last: [35] });
  });

  test("a coordinator that goes on from an earlier checkpoint replaces what came after it", () => {
    const live = new LiveSeries();
    for (const step of [1, 2, 3, 4, 3]) live.hear(numbered(stepEvent(step)));
    expect(live.of("imagesPerSecond").steps).toEqual([1, 2, 3]);
  });

  test("20,000 steps take bounded memory, and lose neither a minimum nor a maximum", () => {
    const live = new LiveSeries();
    for (let step = 1; step <= 20_000; step++) {
      const value = step === 3 ? 1000 : step === 5 ? -1000 : 1;
      live.hear(numbered({ ...stepEvent(step), metrics: { loss: value } }));
    }
    const line = live.of("loss");
    expect(line.steps.length).toBeLessThanOrEqual(8192);
    expect(live.of("layerGradientNorm/generator/00-dense").steps.length).toBeLessThanOrEqual(2048);
    expect([Math.max(...line.max.map(Number)), Math.min(...line.min.map(Number))]).toEqual([1000, -1000]);
    expect(line.steps.at(-1)).toBe(20_000);
    expect(live.exactFrom("loss")).toBeGreaterThan(10_000);
  });
});

test("smoothing begins without a bias, and leaves gaps as they are", () => {
  // 0.5 · 4 / 0.5 = 4; then (0.5 · 2 + 0.5 · 1) / 0.75 = 2
  expect(smoothed([4, null, 1], 0.5)).toEqual([4, null, 2]);
  expect(smoothed([4, null, 1], 0)).toEqual([4, null, 1]);
});

describe("a table of lines", () => {
  test("has every step of any line, and tells a gap from a step that a line does not have", () => {
    const table = alignedOf([points([1, 1], [2, null], [3, 3]), points([2, 8])], {
      smoothing: 0,
      isLog: false,
    });
    expect(table.slice(0, 2)).toEqual([
      [1, 2, 3],
      [1, null, 3],
    ]);
    expect(table[4]).toEqual([undefined, 8, undefined]);
  });

  test("has a gap on a logarithmic axis for what is not positive", () => {
    expect(alignedOf([points([1, 0], [2, 5], [3, -1])], { smoothing: 0, isLog: true })[1]).toEqual([
      null,
      5,
      null,
    ]);
  });
});

test("series of one kind are one chart: losses first, the discriminator first, unknown ones by name", () => {
  const names = [
    "zeta",
    "imagesPerSecond",
    "loss/generator",
    "loss/discriminator",
    "score/fake",
    "score/real",
    "evaluation/recall",
    "evaluation/precision",
    "evaluation/fid",
    "evaluation/images",
    "layerGradientNorm/generator/00-dense",
    "config/r1",
  ];
  expect(groupsOf(names).map(({ title, lines }) => [title, lines.map(({ label }) => label)])).toEqual([
    ["Losses", ["discriminator", "generator"]],
    ["D(real) and D(fake)", ["D(real)", "D(fake)"]],
    ["FID", ["fid"]],
    ["Precision and recall", ["recall", "precision"]],
    ["Images a second", ["images/s"]],
    ["r1", ["r1"]],
    ["zeta", ["zeta"]],
  ]);
});

describe("a heat map", () => {
  test("has the greatest value of each span, on a logarithmic scale from the least of all to the greatest", () => {
    const rows = [points([1, 1], [2, 100], [3, 10], [4, null]), points([1, 0], [4, 1])];
    // log10: 2 and 1, none and 0; from 0 to 2
    expect(heatOf(rows, { from: 1, to: 4, spans: 2 })).toEqual({
      cells: [
        [1, 0.5],
        [null, 0],
      ],
      least: 1,
      greatest: 100,
    });
    expect(heatOf([points([1, 0])], { from: 1, to: 1, spans: 1 })).toBeNull();
  });

  test("goes from dark to bright", () => {
    expect([viridis(-1), viridis(0.5), viridis(1)]).toEqual([
      [68, 1, 84],
      [38, 144, 137],
      [253, 231, 37],
    ]);
  });
});

function points(...all: readonly (readonly [number, number | null])[]): Buckets {
  const values = all.map(([, value]) => value);
  return { steps: all.map(([step]) => step), min: values, max: values, last: values };
}

function numbered(event: object): NumberedEvent {
  return { ...event, id: 1, time: "2026-01-01T00:00:00.000Z" } as NumberedEvent;
}
