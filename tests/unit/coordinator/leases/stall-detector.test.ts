// When a run is said to stall, what it is said to wait for, and when that is taken back.
import { expect, test } from "vitest";
import { StallDetector } from "../../../../coordinator/leases/stall-detector.ts";
import type { OutWork } from "../../../../coordinator/leases/missing-work.ts";
import type { RunEvent } from "../../../../coordinator/dashboard/events.ts";
import { FakeMembers } from "../../../support/fake-members.ts";

const SHARDS = { kind: "phase", phase: 1, step: 7, first: 4, shards: 4, position: 0 } as const;
const STEP = { type: "step" } as RunEvent; // nothing else of it matters here

test("a step that takes seconds is missed after ten times as long, with what is out, where, and since when", () => {
  const { run, members, warnings, states, out } = open();
  members.join("worker-b");
  for (let i = 0; i < 5; i++) run.step(4);
  out.push({ work: SHARDS, node: "worker-b", sinceMs: 41_000 });
  run.pass(39);
  expect([warnings, states]).toEqual([[], []]);
  run.pass(1);
  expect(warnings).toEqual([
    "STALLED: no progress for 40 s, where a step takes 4 s: it waits for shards 4-7 of phase generator at worker-b, leased 41 s ago; end a worker that hangs, and others take over its work",
  ]);
  expect(states).toEqual(["shards 4-7 of phase generator at worker-b"]);
});

test("steps of milliseconds are missed after half a minute, and the first one after two", () => {
  const { run, members, warnings } = open();
  members.join("a");
  run.pass(119);
  expect(warnings).toEqual([]);
  run.pass(1);
  expect(warnings).toEqual([
    "STALLED: no progress for 120 s, and no step is done yet: no work is out, so the coordinator itself is held up: look whether its disk is slow",
  ]);
  run.step(1);
  for (let i = 0; i < 4; i++) run.step(0.25);
  run.pass(29);
  expect(warnings).toHaveLength(1);
  run.pass(1);
  expect(warnings[1]).toMatch(/^STALLED: no progress for 30 s, where a step takes 0.25 s: /);
});

test("it is said again after twice, four, eight times as long", () => {
  const { run, members, warnings } = open();
  members.join("a");
  for (let i = 0; i < 3; i++) run.step(1);
  run.pass(24 * 60);
  const times = warnings.map((warning) => / (\d+) s,/.exec(warning)?.[1]);
  expect(times).toEqual(["30", "60", "120", "240", "480", "960"]);
});

test("a step takes it back, and so does any answer of a node; then it counts anew", () => {
  const { run, members, warnings, states, counts } = open();
  members.join("a");
  run.step(1);
  run.pass(30);
  expect(states).toEqual([expect.any(String)]);
  run.step(1);
  expect(states).toEqual([expect.any(String), null]);
  run.pass(30);
  counts.accepted++; // one of many pieces of an evaluation
  run.pass(1);
  expect(states).toEqual([expect.any(String), null, expect.any(String), null]);
  run.pass(29);
  expect(warnings).toHaveLength(2);
  run.pass(2);
  expect(warnings).toHaveLength(3);
});

test("one evaluation that takes minutes is no stall while its pieces come, and does not change what a step takes", () => {
  const { run, members, warnings, counts } = open();
  members.join("a");
  for (let i = 0; i < 9; i++) run.step(0.5);
  for (let i = 0; i < 300; i++) {
    run.pass(1);
    if (i % 25 === 0) counts.accepted++;
  }
  run.step(0.5);
  expect(warnings).toEqual([]);
  run.pass(30);
  expect(warnings[0]).toContain("where a step takes 0.5 s");
});

test("nothing is missed while no node is there, and what is then missed begins with the next one", () => {
  const { run, members, warnings } = open();
  const node = members.join("a");
  run.step(1);
  run.pass(20);
  members.leave(node);
  run.pass(600);
  members.join("b");
  run.pass(29);
  expect(warnings).toEqual([]);
  run.pass(1);
  expect(warnings).toHaveLength(1);
});

test("nodes that join again and again, and never answer, are no absence", () => {
  const { run, members, stallDetector, warnings, out } = open();
  members.leave(members.join("a"));
  run.step(1);
  out.push({ work: SHARDS, node: null, sinceMs: 0 });
  for (let i = 0; i < 30; i++) {
    const node = members.join("a");
    stallDetector.nodesChanged();
    members.leave(node); // before anyone looks
    run.pass(1);
  }
  expect(warnings).toEqual([
    expect.stringMatching(
      /: no node keeps shards 4-7 of phase generator: nodes join and leave before they answer; look at their output$/,
    ),
  ]);
});

test("a broker's absence does not count: the clock of nodes stands still", () => {
  const { run, members, stallDetector, warnings } = open();
  members.join("a");
  run.step(1);
  for (let i = 0; i < 600; i++) stallDetector.look();
  expect(warnings).toEqual([]);
});

test("a coordinator that was stopped for an hour raises no alarm when it goes on", () => {
  const { run, members, clock, stallDetector, warnings } = open();
  members.join("a");
  run.step(1);
  run.pass(10);
  clock.now += 3_600_000;
  stallDetector.look();
  run.pass(17); // with the look after it, which counts two seconds: 29 in all
  expect(warnings).toEqual([]);
  run.pass(1);
  expect(warnings[0]).toMatch(/^STALLED: no progress for 30 s, where a step takes 1 s/);
});

test("of many nodes and pieces a few are named, the longest first", () => {
  const { run, members, warnings, out } = open();
  members.join("a");
  run.step(1);
  for (let i = 0; i < 12; i++)
    out.push({ work: { ...SHARDS, first: i, shards: 1 }, node: `n-${i % 6}`, sinceMs: 1000 * (i + 1) });
  out.push({ work: { kind: "generate", first: 0, images: 64 }, node: "p", sinceMs: 500 });
  run.pass(30);
  expect(warnings[0]).toContain(
    "it waits for shard 5 of phase generator, shard 11 of phase generator at n-5, leased 12 s ago; shard 4 of phase",
  );
  expect(warnings[0]).toContain("leased 9 s ago; 3 more; end a worker");
});

/** A run with a clock that only the test moves. */
function open() {
  const members = new FakeMembers();
  members.listen({ ready() {}, contribution() {}, failed() {}, left() {} });
  const clock = { now: 0 };
  const counts = { received: 0, accepted: 0, duplicate: 0, stale: 0, rejected: {} };
  const out: OutWork[] = [];
  const warnings: string[] = [];
  const states: (string | null)[] = [];
  const stallDetector = new StallDetector({
    now: () => clock.now,
    members,
    leases: { out: () => out, counts },
    phases: ["discriminator", "generator"],
    warn: (code, message) => void warnings.push(`${code}: ${message}`),
    changed: (waitsFor) => void states.push(waitsFor),
  });
  const run = {
    /** Looks once a second. */
    pass(seconds: number): void {
      for (let i = 0; i < seconds; i++) {
        clock.now += 1000;
        stallDetector.look();
      }
    },
    step(seconds: number): void {
      for (let left = seconds; left > 0; left -= 1) {
        clock.now += 1000 * Math.min(1, left);
        if (left > 1) stallDetector.look();
      }
      stallDetector.observe(STEP);
    },
  };
  return { members, clock, counts, out, warnings, states, stallDetector, run };
}
