// A run's record, as its events make it and as it is handed on.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RunEvent } from "../../../../coordinator/dashboard/events.ts";
import { EventHistory } from "../../../../coordinator/dashboard/history.ts";
import { type RecordKeeper, keepRecord } from "../../../../deploy/run/record-keeper.ts";
import {
  type StatusRecord,
  decodeStatusRecord,
  encodeStatusRecord,
} from "../../../../shared/status-record.ts";

const START = 1_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

const RUN: RunEvent = {
  type: "run",
  run: "00001-a",
  state: "training",
  preset: "digits",
  steps: 20,
  batch: 4,
  parameters: {},
  classes: 0,
  folder: "/runs/00001-a",
};
const STEP: RunEvent = {
  type: "step",
  step: 3,
  version: 6,
  images: 12,
  epoch: 0,
  seconds: 1,
  imagesPerSecond: 12,
  remainingSeconds: 5.5,
  metrics: {},
  gradientNorms: {},
  layerGradientNorms: {},
};
const NODE = {
  node: "n",
  threads: 1,
  engine: "graph",
  device: "cpu",
  state: "ready",
  prepareMs: 5,
  contributions: 7,
  faults: 2,
  shardMs: 41.2,
} as const;

interface Kept {
  readonly history: EventHistory;
  readonly keeper: RecordKeeper;
  readonly put: ReturnType<typeof vi.fn<(record: StatusRecord) => Promise<void>>>;
  readonly failures: string[];
  readonly last: () => StatusRecord;
}

async function keep(): Promise<Kept> {
  const history = new EventHistory();
  const put = vi.fn<(record: StatusRecord) => Promise<void>>(() => Promise.resolve());
  const failures: string[] = [];
  const failing = (cause: string): void => void failures.push(cause);
  const dashboard = { url: "http://localhost:1", farUrl: "http://192.0.2.7:1" };
  const keeper = await keepRecord({ run: "00001-a", history, dashboard, put, failing });
  return { history, keeper, put, failures, last: () => put.mock.lastCall![0] };
}

test("a record is handed on at once, every two seconds, and when the state or the nodes change", async () => {
  const { history, keeper, put, last } = await keep();
  expect(last()).toMatchObject({
    run: "00001-a",
    state: "preparing",
    step: 0,
    dashboard: "http://localhost:1",
    farDashboard: "http://192.0.2.7:1",
    heartbeat: START,
  });
  history.publish(RUN);
  expect(last()).toMatchObject({ state: "training", steps: 20 });
  await vi.advanceTimersByTimeAsync(0); // until it has been put
  history.publish({ type: "workers", nodes: [NODE], refused: { stale: 2 } });
  expect(last()).toMatchObject({ nodes: [NODE], refused: { stale: 2 } });
  history.publish(STEP);
  expect(put).toHaveBeenCalledTimes(3); // steps come too often
  await vi.advanceTimersByTimeAsync(2000);
  const step = { step: 3, version: 6, imagesPerSecond: 12, remainingSeconds: 5.5, stepAt: START };
  expect(last()).toMatchObject({ ...step, refused: { stale: 2 }, heartbeat: START + 2000 });
  expect(decodeStatusRecord(encodeStatusRecord(last()))).toMatchObject(step);
  await keeper.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(put).toHaveBeenCalledTimes(5);
});

test("a run that told how it ended keeps that, and one that did not has failed, with the reason", async () => {
  const ended = await keep();
  ended.history.publish({ ...RUN, state: "stopped" });
  await ended.keeper.stop("too late");
  expect(ended.last()).toMatchObject({ state: "stopped", dashboard: null, farDashboard: null });
  expect(ended.last().reason).toBeUndefined();

  const failed = await keep();
  failed.history.publish({ ...RUN, state: "failed", reason: "diverged" });
  await failed.keeper.stop("not this");
  expect(failed.last()).toMatchObject({ state: "failed", reason: "diverged" });

  const thrown = await keep();
  thrown.history.publish(RUN);
  await thrown.keeper.stop("x".repeat(2000));
  expect(thrown.last()).toMatchObject({ state: "failed", reason: "x".repeat(1000) });
  expect(decodeStatusRecord(encodeStatusRecord(thrown.last()))).toEqual(thrown.last());
});

test("warnings are kept, newest first; one that comes again with other numbers counts, and stays one", async () => {
  const { history, keeper, last } = await keep();
  const warn = (code: string, message: string): unknown =>
    history.publish({ type: "warning", code, message });
  history.publish(RUN);
  history.publish(STEP);
  warn("COLLAPSE", "in generator/03-dense: 0.01 of 64");
  warn("WORKER", "node worker-1 is late");
  warn("WORKER", "node worker-2 is late");
  history.publish({ ...STEP, step: 9 });
  warn("COLLAPSE", "in generator/03-dense: 3e-9 of 64");
  await keeper.stop();
  expect(last().warnings).toEqual([
    { code: "COLLAPSE", message: "in generator/03-dense: 3e-9 of 64", since: 3, times: 2 },
    { code: "WORKER", message: "node worker-2 is late", since: 3, times: 1 },
    { code: "WORKER", message: "node worker-1 is late", since: 3, times: 1 },
  ]);
  expect(decodeStatusRecord(encodeStatusRecord(last()))).toEqual(last());
});

test("a run that stalls has no speed and says what it waits for, until it gets on", async () => {
  const { history, keeper, last } = await keep();
  history.publish(RUN);
  history.publish(STEP);
  history.publish({ ...RUN, state: "stalled", reason: "it waits for shard 3" });
  await vi.advanceTimersByTimeAsync(2000);
  expect(last()).toMatchObject({
    state: "stalled",
    step: 3,
    imagesPerSecond: 0,
    reason: "it waits for shard 3",
  });
  expect(last()).not.toHaveProperty("remainingSeconds");
  expect(decodeStatusRecord(encodeStatusRecord(last()))).toEqual(last());
  history.publish(RUN);
  history.publish({ ...STEP, step: 4 });
  await vi.advanceTimersByTimeAsync(2000);
  expect(last()).toMatchObject({ state: "training", step: 4, imagesPerSecond: 12, remainingSeconds: 5.5 });
  expect(last()).not.toHaveProperty("reason");
  await keeper.stop();
});

test("a speed of 0 leaves no record that cannot be written", async () => {
  const { history, keeper, last } = await keep();
  history.publish({ ...STEP, imagesPerSecond: 0, remainingSeconds: Number.NaN });
  await keeper.stop();
  expect(decodeStatusRecord(encodeStatusRecord(last()))).toMatchObject({ step: 3, imagesPerSecond: 0 });
});

test("one record at a time is handed on, and then the newest", async () => {
  const { history, keeper, put, last } = await keep();
  let release!: () => void;
  put.mockImplementationOnce(() => new Promise((resolve) => (release = resolve)));
  history.publish(RUN);
  for (let steps = 21; steps <= 25; steps++) history.publish({ ...RUN, steps });
  expect(put).toHaveBeenCalledTimes(2);
  release();
  await keeper.stop();
  expect(last()).toMatchObject({ steps: 25 });
  expect(put.mock.calls.map(([record]) => record.steps)).not.toContain(23);
});

test("what prevents it is told once, until it succeeds again", async () => {
  const { put, failures, keeper } = await keep();
  put.mockRejectedValue(new Error("disk full"));
  await vi.advanceTimersByTimeAsync(6000);
  expect(failures).toEqual(["disk full"]);
  put.mockResolvedValue();
  await vi.advanceTimersByTimeAsync(2000);
  put.mockRejectedValue(new Error("disk gone"));
  await keeper.stop();
  expect(failures).toEqual(["disk full", "disk gone"]);
});
