// Slow nodes hold nobody up for long: what is late is leased a second time, and who is slow gets less until it is not.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { temporaryFolder } from "../support/cli.ts";
import { type PacedNodesOptions, startPacedNodes } from "../support/paced-nodes.ts";
import { smallConfig, smallRun } from "../support/small-run.ts";

const STEPS = 60;
/** Three phases of eight shards: two shards of 100 ms for each of four nodes. */
const HEALTHY_MS = 3 * 2 * 100;

beforeEach(
  () =>
    void vi.useFakeTimers({
      toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout", "performance"],
    }),
);
afterEach(() => void vi.useRealTimers());

test("nodes of one pace share equally", async () => {
  const { stepMs, warnings } = await timed(always(100), always(100), always(100), always(100));
  expect(new Set(stepMs)).toEqual(new Set([HEALTHY_MS]));
  expect(warnings).toEqual([]);
});

test("a step takes at most twice as long with a node that is ten times as slow as the others", async () => {
  const four = await timed(always(100), always(100), always(100), always(1000));
  // Eight shards for three nodes: three turns instead of two.
  expect(new Set(four.stepMs)).toEqual(new Set([1.5 * HEALTHY_MS]));
  expect(four.warnings).toMatchObject([
    expect.stringMatching(/^node node-3 takes at least [4-9]\.\d times as long/),
  ]);
  const two = await timed(always(100), always(1000));
  expect(new Set(two.stepMs)).toEqual(new Set([2 * 2 * HEALTHY_MS]));
  expect(two.hash).toBe(four.hash);
});

test.each([
  ["becomes ten times as slow", 1000],
  ["stands still", Infinity],
])("a node that %s for twenty steps holds up one of them, and then has its share again", async (_how, ms) => {
  const healthy = await timed(always(100), always(100), always(100), always(100));
  const slow = await timed(always(100), always(100), always(100), (step) =>
    step >= 10 && step < 30 ? ms : 100,
  );
  const [before, change, during, after] = [
    slow.stepMs.slice(0, 9),
    slow.stepMs[9],
    slow.stepMs.slice(10, 29),
    slow.stepMs.slice(-10),
  ];
  expect(new Set(before)).toEqual(new Set([HEALTHY_MS]));
  expect(change).toBeGreaterThan(HEALTHY_MS);
  expect(change).toBeLessThan(3 * HEALTHY_MS);
  expect(Math.max(...during)).toBeLessThanOrEqual(2 * HEALTHY_MS);
  expect(new Set(after)).toEqual(new Set([HEALTHY_MS]));
  expect(slow.hash).toBe(healthy.hash);
  expect(slow.warnings).toEqual(
    ms === Infinity
      ? [
          "node node-3 did not answer a lease within 10 s: it gets no other work now, and will be measured again later",
        ]
      : [],
  );
  const { received, accepted, duplicate, stale } = slow.counts;
  expect(accepted + duplicate + stale).toBe(received);
  expect(duplicate).toBeGreaterThan(0); // its probes
});

function always(ms: number): () => number {
  return () => ms;
}

/** Milliseconds of every step but the first, in which nobody is known. */
async function timed(...paces: ((step: number) => number)[]) {
  const stepMs: number[] = [];
  const warnings: string[] = [];
  const ends: (() => Promise<void>)[] = [];
  const shardMs: PacedNodesOptions["shardMs"] = Object.fromEntries(
    paces.map((pace, i) => [`node-${i}`, pace]),
  );
  let before = 0;
  const { outcome, counts } = await smallRun({
    config: smallConfig(STEPS),
    out: await temporaryFolder(),
    nodes: (hub) =>
      ends.push(startPacedNodes({ hub, shardMs, passTime: (ms) => void vi.advanceTimersByTime(ms) })),
    onEvent(event) {
      // The run's clock goes on while real files are written, which looks as if the run stalled.
      if (event.type === "warning" && event.code !== "STALLED") warnings.push(event.message);
      if (event.type !== "step") return;
      if (event.step > 1) stepMs.push(Math.round(performance.now() - before));
      before = performance.now();
    },
  });
  for (const end of ends) await end();
  return { stepMs, warnings, hash: outcome!.weightsHash, counts };
}
