// What `ganglion status` says of a run.
import { expect, test } from "vitest";
import { describeRun } from "../../../deploy/commands/status.ts";
import type { RunRecord } from "../../../shared/transport/nats-registry.ts";

const RUN: RunRecord = {
  run: "00007-digits-strokes",
  state: "training",
  step: 1200,
  steps: 4500,
  version: 2400,
  imagesPerSecond: 3736.4,
  dashboard: "http://127.0.0.1:8700",
  host: "first",
  nodes: [
    { node: "gpu-1", threads: 1, engine: "graph", device: "cuda", state: "ready", contributions: 2301 },
    { node: "cpu-1", threads: 8, engine: "graph", device: "cpu", state: "joining", contributions: 0 },
  ],
  refused: { stale: 3, "not finite": 1 },
  heartbeat: 1_000_000,
};

test("status tells state, speed, nodes with their devices, and what was refused", () => {
  expect(describeRun(RUN, 1_002_000)).toEqual([
    "00007-digits-strokes: training, step 1,200/4,500, weights version 2,400, 3,736 images/s",
    "  on first, dashboard http://127.0.0.1:8700, refused 3 stale, 1 not finite",
    "  gpu-1: ready, 1 thread, graph on cuda, 2,301 contributions",
    "  cpu-1: joining, 8 threads, graph on cpu, 0 contributions",
  ]);
});

test("nothing looks alive when its coordinator is not heard of, or has ended", () => {
  expect(describeRun(RUN, 1_090_000)[0]).toBe(
    "00007-digits-strokes: silent for 1 min 30 s, step 1,200/4,500, weights version 2,400",
  );
  const ended: RunRecord = { ...RUN, state: "done", nodes: [], refused: {}, dashboard: null };
  expect(describeRun(ended, 1_005_000)).toEqual([
    "00007-digits-strokes: done 5.0 s ago, step 1,200/4,500, weights version 2,400",
    "  on first, dashboard off, refused nothing",
  ]);
});
