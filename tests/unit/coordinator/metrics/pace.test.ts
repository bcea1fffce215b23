// Long computations are watched: progress rises to 1, the event loop turns, and an abort ends them.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Features } from "../../../../coordinator/metrics/features.ts";
import { frechetDistance } from "../../../../coordinator/metrics/frechet-distance.ts";
import { kernelDistance } from "../../../../coordinator/metrics/kernel-distance.ts";
import { manifoldMetrics } from "../../../../coordinator/metrics/manifold.ts";
import { momentsOf } from "../../../../coordinator/metrics/moments.ts";
import { Pace, type Watch, partOf } from "../../../../coordinator/metrics/pace.ts";
import { mongeDistance } from "../../../../coordinator/metrics/sliced-wasserstein.ts";
import { normalFeatures } from "../../../support/normal-features.ts";

const real = normalFeatures({ seed: 1, count: 300, size: 100 });
const generated = normalFeatures({ seed: 2, count: 300, size: 100 });

let nowMs = 0;
/** Milliseconds that pass between two looks at the clock. */
let pieceMs = 0;
beforeEach(() => {
  nowMs = 0;
  pieceMs = 60;
  vi.spyOn(performance, "now").mockImplementation(() => (nowMs += pieceMs));
});
afterEach(() => {
  vi.restoreAllMocks();
});

type Metric = (x: Features, y: Features, watch?: Watch) => Promise<unknown>;
const METRICS: readonly (readonly [string, Metric])[] = [
  ["moments", (x, _, watch) => momentsOf(x, watch)],
  [
    "the Fréchet distance",
    async (x, y, watch) => frechetDistance(await momentsOf(x), await momentsOf(y), watch),
  ],
  ["the kernel distance", (x, y, watch) => kernelDistance(x, y, { seed: 1, subsets: 3 }, watch)],
  ["precision and recall", (x, y, watch) => manifoldMetrics(x, y, { seed: 1 }, watch)],
  ["MIND", (x, y, watch) => mongeDistance(x, y, { seed: 1, projections: 100 }, watch)],
];

test.each(METRICS)("%s: progress rises to 1 while others run, and changes no bit", async (_, metric) => {
  const fractions: number[] = [];
  let turns = 0;
  const turn = setInterval(() => turns++, 0);
  const watched = await metric(real, generated, { progress: (fraction) => fractions.push(fraction) });
  clearInterval(turn);
  expect(fractions.length).toBeGreaterThan(2);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  expect(fractions[0]).toBeGreaterThan(0);
  expect(fractions[0]).toBeLessThan(0.5);
  expect(fractions.at(-2)).toBeGreaterThan(0.7); // the work was announced about right
  expect(fractions.at(-1)).toBe(1);
  pieceMs = 0;
  const hurried: number[] = [];
  expect(await metric(real, generated, { progress: (fraction) => hurried.push(fraction) })).toEqual(watched);
  expect(hurried).toEqual([1]); // all within 50 ms
});

test.each(METRICS)("%s: an abort ends it with the signal's reason", async (_, metric) => {
  const controller = new AbortController();
  const reason = new Error("stopped by the test");
  const fractions: number[] = [];
  const progress = (fraction: number): void => {
    fractions.push(fraction);
    controller.abort(reason);
  };
  await expect(metric(real, generated, { signal: controller.signal, progress })).rejects.toBe(reason);
  expect(fractions).toHaveLength(1);
  await expect(metric(real, generated, { signal: controller.signal })).rejects.toBe(reason);
});

test("parts report into the whole", () => {
  const fractions: number[] = [];
  const whole = { progress: (fraction: number) => fractions.push(fraction) };
  partOf(whole, 0.5, 0.75).progress?.(0.5);
  new Pace(partOf(whole, 0.75, 1), 10).finish();
  expect(fractions).toEqual([0.625, 1]);
});
