// What `ganglion status` says of a run.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LockState } from "../../../../coordinator/records/run-lock.ts";
import { describeRun } from "../../../../deploy/status/describe.ts";
import { type RunView, viewOfRecord } from "../../../../deploy/status/run-view.ts";
import type { StatusRecord } from "../../../../shared/status-record.ts";

const HEARD = 1_000_000;
const RECORD: StatusRecord = {
  run: "00007-digits-strokes",
  state: "training",
  step: 1200,
  steps: 4500,
  version: 2400,
  imagesPerSecond: 3736.4,
  remainingSeconds: 112.9,
  stepAt: HEARD - 100,
  dashboard: "http://127.0.0.1:8700",
  host: "first",
  nodes: [
    {
      node: "gpu-1",
      threads: 1,
      engine: "graph",
      device: "cuda",
      state: "ready",
      contributions: 2301,
      faults: 4,
      shardMs: 41.2,
    },
    { node: "cpu-1", threads: 8, engine: "graph", device: "cpu", state: "joining", contributions: 1 },
  ],
  refused: { stale: 3, "not finite": 1 },
  heartbeat: HEARD,
};

const HELD: LockState = { kind: "held", pid: 42, since: 1 };

function local(
  life: RunView["life"],
  record: Partial<StatusRecord> = {},
  lock = HELD,
  checkpoint = 1000,
): RunView {
  const path = join(process.cwd(), "runs", RECORD.run);
  return {
    record: { ...RECORD, ...record },
    life,
    folder: { path, lock, hasStatus: true, checkpoint: checkpoint || null },
  };
}

const linesOf = (view: RunView, now = HEARD + 2000): string[] =>
  describeRun(view, { now, here: "first", whole: false });
const wholeOf = (view: RunView): string[] =>
  describeRun(view, { now: HEARD + 2000, here: "first", whole: true });

const NODES = [
  "  gpu-1: ready, 1 thread, graph on cuda, 2,301 contributions, 4 mistakes, 41.2 ms a shard",
  "  cpu-1: joining, 8 threads, graph on cpu, 1 contribution",
];

describe("a run that goes on", () => {
  test("tells state, speed, nodes with their devices, and what was refused", () => {
    expect(linesOf(local("going"))).toEqual([
      "00007-digits-strokes: training, step 1,200/4,500, 3,736 images/s",
      "  1 min 53 s left, dashboard http://127.0.0.1:8700, refused 3 stale, 1 not finite",
      ...NODES,
    ]);
  });

  test("tells its newest warnings: what, since which step, how often; and all where it is asked for by name", () => {
    const warnings = ["the discriminator wins: …", "a", "b", "c"].map((message, i) => ({
      code: "WORKER",
      message,
      since: 1000 - i,
      times: 3 - i,
    }));
    const lines = linesOf(local("going", { warnings }));
    expect(lines.slice(2, 6)).toEqual([
      "  warning since step 1,000, 3 times: the discriminator wins: …",
      "  warning since step 999, 2 times: a",
      "  warning since step 998: b",
      "  1 more warning: ganglion status RUN shows them",
    ]);
    expect(wholeOf(local("going", { warnings })).filter((line) => line.includes("warning"))).toHaveLength(4);
    expect(linesOf(local("over", { state: "done", warnings })).join()).not.toContain("warning");
    expect(wholeOf(local("over", { state: "done", warnings })).join()).toContain("warning since step 1,000");
  });

  test("tells no speed once a step is late, by the speed it had", () => {
    const late = HEARD - 100 + 10_001;
    expect(linesOf(local("going"), late).slice(0, 2)).toEqual([
      "00007-digits-strokes: training, step 1,200/4,500, no step for 10 s",
      "  dashboard http://127.0.0.1:8700, refused 3 stale, 1 not finite",
    ]);
    const slow = { imagesPerSecond: 0.5, remainingSeconds: 33_000 }; // 3,300 steps of 10 s: late after 30
    expect(linesOf(local("going", slow), late)[0]).toContain("0.500 images/s");
    expect(linesOf(local("going", slow), late + 20_000)[0]).toContain("no step for 30 s");
  });

  test("that stalls tells what it waits for, and no speed, however fast it was", () => {
    const stalled = { state: "stalled", reason: "it waits for the pictures at gpu-1" } as const;
    expect(linesOf(local("going", stalled)).slice(0, 3)).toEqual([
      "00007-digits-strokes: stalled, step 1,200/4,500, no step for 2.1 s",
      "  it waits for the pictures at gpu-1",
      "  dashboard http://127.0.0.1:8700, refused 3 stale, 1 not finite",
    ]);
    const { stepAt: _stepAt, ...fresh } = RECORD;
    const first = { ...local("going"), record: { ...fresh, ...stalled, step: 0 } };
    expect(linesOf(first)[0]).toBe("00007-digits-strokes: stalled, step 0/4,500");
  });

  test("tells no speed before its first step, and that it waits for nodes", () => {
    const { stepAt: _stepAt, remainingSeconds: _remainingSeconds, ...fresh } = RECORD;
    const record: StatusRecord = { ...fresh, state: "preparing", step: 0, nodes: [], refused: {} };
    const view = { ...local("going"), record };
    expect(linesOf(view)).toEqual([
      "00007-digits-strokes: preparing, step 0/4,500",
      "  dashboard http://127.0.0.1:8700, refused nothing",
      "  no nodes: it waits for workers to join",
    ]);
  });

  test("tells nothing that it has not said yet, such as that it has no dashboard", () => {
    const view = local("going", { state: "preparing", step: 100, nodes: [], dashboard: null });
    expect(linesOf({ ...view, folder: { ...view.folder!, hasStatus: false } })).toEqual([
      "00007-digits-strokes: preparing, step 100/4,500",
      "  being prepared: nothing more is known yet",
    ]);
  });

  test("with many nodes tells them as groups, unless it is asked for", () => {
    const nodes = Array.from({ length: 300 }, (_, i) => ({
      ...RECORD.nodes[i % 3 === 0 ? 1 : 0],
      node: `n-${i}`,
    }));
    expect(linesOf(local("going", { nodes })).slice(2)).toEqual([
      "  300 nodes: 100 joining, 200 ready; 100 graph on cpu, 200 graph on cuda; 460,300 contributions", // 200 × 2301 + 100
    ]);
    expect(wholeOf(local("going", { nodes })).length).toBeGreaterThan(300);
  });

  test("asked for by name, tells its folder, its process and its checkpoint too", () => {
    expect(wholeOf(local("going")).slice(1)).toEqual([
      `  folder ${join("runs", RECORD.run)}, process 42 on this machine`,
      "  weights version 2,400, newest step 2.1 s ago, checkpoint of step 1,000",
      "  1 min 53 s left, dashboard http://127.0.0.1:8700, refused 3 stale, 1 not finite",
      ...NODES,
    ]);
    expect(wholeOf(local("going", {}, HELD, 0))[2]).toMatch(/, no checkpoint yet$/);
  });
});

describe("a run that does not go on shows no speed and no nodes, but", () => {
  const resume = `  ganglion train --resume ${join("runs", RECORD.run)} goes on from step 1,000`;
  const refused = "  refused 3 stale, 1 not finite";
  const silent = "00007-digits-strokes: silent for 2.0 s, step 1,200/4,500";

  test("how it ended", () => {
    expect(linesOf(local("over", { state: "done", refused: {} }))).toEqual([
      "00007-digits-strokes: done 2.0 s ago, step 1,200/4,500",
    ]);
    expect(linesOf(local("over", { state: "stopped" }))).toEqual([
      "00007-digits-strokes: stopped 2.0 s ago, step 1,200/4,500",
      resume,
      refused,
    ]);
    const diverged = { state: "diverged", reason: "the gradient\ncannot be applied" } as const;
    expect(linesOf(local("over", diverged)).slice(0, 3)).toEqual([
      "00007-digits-strokes: diverged 2.0 s ago, step 1,200/4,500",
      "  the gradient cannot be applied",
      "  --resume computes the same bits and diverges again: start a new run",
    ]);
    const failed = { state: "failed", reason: "the gradient\ndiverged: lower --learning-rate" } as const;
    expect(linesOf(local("over", failed))).toEqual([
      "00007-digits-strokes: failed 2.0 s ago, step 1,200/4,500",
      "  the gradient diverged: lower --learning-rate",
      refused,
    ]);
  });

  test("that it was killed, and whether it can go on", () => {
    const dead: LockState = { kind: "dead", pid: 42, since: 1 };
    expect(linesOf(local("gone", { refused: {} }, dead))).toEqual([
      "00007-digits-strokes: ended without a word 2.0 s ago (killed?), step 1,200/4,500",
      resume,
    ]);
    expect(linesOf(local("gone", {}, dead, 0))[1]).toBe(
      "  ganglion train --resume runs/00007-digits-strokes starts it anew: it has no checkpoint yet",
    );
    expect(linesOf(local("gone", {}, { kind: "free" }))[0]).toContain("ended 2.0 s ago, it is not known how");
  });

  test("who holds it, where it is silent", () => {
    const lines = (lock: LockState): string[] => linesOf(local("silent", { refused: {} }, lock));
    expect(lines(HELD)).toEqual([
      silent,
      "  its process, pid 42, is running but says nothing: suspended, stuck or very busy",
    ]);
    expect(lines({ kind: "elsewhere", pid: 42, host: "gpu7", since: 1 })).toEqual([
      silent,
      "  held by pid 42 on gpu7, whose processes cannot be seen from here",
      "  on first",
    ]);
    expect(lines({ kind: "unreadable" })[1]).toBe(
      "  its lock cannot be read: whether a process holds it is not known",
    );
  });

  test("after days, how many", () => {
    const hours = 3600 * 1000;
    expect(linesOf(local("over", { state: "done" }), HEARD + 47.5 * hours)[0]).toContain(
      "done 47 h 30 min ago",
    );
    expect(linesOf(local("over", { state: "done" }), HEARD + 80 * hours)[0]).toContain("done 3 days ago");
  });
});

describe("a run of a NATS server", () => {
  test("tells its host, and looks alive only while its coordinator is heard of", () => {
    const at = (now: number, record = RECORD): string[] => linesOf(viewOfRecord(record, now), now);
    expect(at(HEARD + 2000).slice(1)).toEqual([
      "  1 min 53 s left, on first, dashboard http://127.0.0.1:8700, refused 3 stale, 1 not finite",
      ...NODES,
    ]);
    expect(at(HEARD + 90_000)).toEqual([
      "00007-digits-strokes: silent for 1 min 30 s, step 1,200/4,500",
      "  on first, refused 3 stale, 1 not finite",
    ]);
    expect(at(HEARD + 5000, { ...RECORD, state: "done", refused: {}, dashboard: null })).toEqual([
      "00007-digits-strokes: done 5.0 s ago, step 1,200/4,500",
      "  on first",
    ]);
  });

  test("tells another machine the dashboard that it can open, or that it cannot", () => {
    const from = (here: string, record: Partial<StatusRecord>): string => {
      const view = viewOfRecord({ ...RECORD, ...record }, HEARD);
      return describeRun(view, { now: HEARD, here, whole: false })[1];
    };
    const own = { farDashboard: null };
    expect(from("second", own)).toContain("on first, dashboard http://127.0.0.1:8700 (only there), refused");
    expect(from("first", own)).toContain("on first, dashboard http://127.0.0.1:8700, refused");
    const wide = { dashboard: "http://localhost:8700", farDashboard: "http://192.0.2.7:8700" };
    expect(from("second", wide)).toContain("on first, dashboard http://192.0.2.7:8700, refused");
    expect(from("first", wide)).toContain("on first, dashboard http://localhost:8700, refused");
    const old = { dashboard: "http://192.0.2.7:8700" }; // does not say that it is the address for others too
    expect(from("second", old)).toContain("on first, dashboard http://192.0.2.7:8700, refused");
    expect(from("second", { dashboard: null, ...own })).toContain("on first, dashboard off, refused");
  });
});
