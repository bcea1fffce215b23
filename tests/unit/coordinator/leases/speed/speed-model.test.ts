// What is expected of each node, from what it took before; a node that needs much longer is told of.
import { describe, expect, test } from "vitest";
import { type Measured, Pace, type Speed } from "../../../../../coordinator/leases/speed/speed-model.ts";
import type { Work } from "../../../../../shared/protocol/messages.ts";
import { FakeMembers } from "../../../../support/fake-members.ts";

const D = phase(0);
const G = phase(1);

describe("what is expected", () => {
  test("is nothing before anything like it was measured, then what it took, by turns", () => {
    const { pace, a, b } = open();
    expect(pace.expected(a, D, 1).from).toBe("its size");
    pace.observe(a, D, 4, took(400));
    expect(pace.expected(a, D, 1).ms).toBeCloseTo(100);
    expect(pace.expected(a, D, 3).ms).toBeCloseTo(300);
    expect(pace.expected(b, D, 1).ms).toBeCloseTo(100); // what is usual, until it is known better
    expect(pace.expected(a, G, 1).from).toBe("other kinds");
  });

  test("is each node's own, also for work that only another has done", () => {
    const { pace, a, b } = open();
    pace.observe(a, D, 1, took(100));
    pace.observe(b, D, 1, took(1000));
    pace.observe(a, G, 1, took(30));
    expect(pace.expected(b, D, 1).ms).toBeCloseTo(1000);
    expect(pace.expected(b, G, 1).ms).toBeCloseTo(300);
  });

  test("hardly changes by one pause, and follows what lasts", () => {
    const { pace, a } = open();
    pace.observe(a, D, 1, took(100));
    pace.observe(a, D, 1, took(60_000));
    expect(pace.expected(a, D, 1).ms).toBeLessThan(20_000);
    for (let i = 0; i < 100; i++) pace.observe(a, D, 1, took(300));
    expect(pace.expected(a, D, 1).ms).toBeCloseTo(300, -1);
  });

  test("doubles at most when a node is beaten, and is never less than it was for that", () => {
    const { pace, a, b } = open();
    for (const member of [a, b]) pace.observe(member, D, 1, took(100));
    pace.beaten(b, D, 1, 90);
    expect(pace.expected(b, D, 1).ms).toBeCloseTo(100);
    pace.beaten(b, D, 2, 300); // 150 a turn
    expect(pace.expected(b, D, 1).ms).toBeCloseTo(150);
    pace.beaten(b, D, 1, 60_000);
    expect(pace.expected(b, D, 1).ms).toBeCloseTo(300);
    expect(pace.expected(a, D, 1).ms).toBeCloseTo(100);
  });
});

test("a clock that stands still breaks nothing", () => {
  const { pace, a, b } = open();
  for (let i = 0; i < 1000; i++) for (const member of [a, b]) pace.observe(member, D, 4, took(0));
  expect(pace.expected(a, D, 1).ms).toBeCloseTo(1); // shorter turns are not told apart
  expect(turnsIn(pace.compare([a, b], D, 2))).toEqual([1, 1]);
});

describe("a node's way", () => {
  test("is what it does not compute: part of what is expected, none of its pace", () => {
    const { pace, a, b } = open();
    for (let i = 0; i < 20; i++) {
      pace.observe(a, D, 2, took(200));
      pace.observe(b, D, 2, took(1200, 200)); // its answers wait a second for the coordinator
    }
    expect(pace.expected(a, D, 2).ms).toBeCloseTo(200);
    expect(pace.expected(b, D, 2).ms).toBeCloseTo(1200);
    expect(pace.expected(b, D, 10).ms).toBeCloseTo(2000);
    expect(turnsIn(pace.compare([a, b], D, 2))).toEqual([1, 1]);
    pace.beaten(b, D, 2, 1300); // 150 ms a turn and the way
    expect(pace.expected(b, D, 2).ms).toBeCloseTo(1300);
  });

  test("hardly changes by one pause", () => {
    const { pace, a } = open();
    pace.observe(a, D, 1, took(120, 100));
    pace.observe(a, D, 1, took(60_000, 100));
    expect(pace.expected(a, D, 1).ms).toBeLessThan(200);
  });

  test("is not negative where a node claims more than there was", () => {
    const { pace, a } = open();
    for (let i = 0; i < 10; i++) pace.observe(a, D, 1, took(100, 1e9));
    expect(pace.expected(a, D, 1).ms).toBeCloseTo(100);
  });
});

test("a node shows what a thread of it takes for a shard, by its latest answers, of phases alone", () => {
  const { pace, a } = open();
  pace.observe(a, { kind: "generate", first: 0, images: 64 }, 1, took(5000));
  expect(a.shardMs).toBeNull();
  pace.observe(a, D, 4, took(450, 400));
  expect(a.shardMs).toBe(100);
  pace.observe(a, D, 4, took(850, 800));
  expect(a.shardMs).toBe(125); // 3/4 · 100 + 1/4 · 200
});

describe("a comparison", () => {
  test("is relative to the median, and takes differences under a quarter for noise", () => {
    const { pace, a, b, c } = open();
    for (const [member, ms] of [[a, 95], [b, 100], [c, 110]] as const) pace.observe(member, D, 1, took(ms)); // prettier-ignore
    expect(turnsIn(pace.compare([a, b, c], D, 3))).toEqual([1, 1, 1]);
    for (let i = 0; i < 50; i++)
      for (const [member, ms] of [[a, 50], [b, 100], [c, 1000]] as const) pace.observe(member, D, 1, took(ms)); // prettier-ignore
    const [fast, median, slow] = turnsIn(pace.compare([a, b, c], D, 3));
    expect(median).toBe(1);
    expect(fast).toBeCloseTo(0.5, 1); // 1.25^-3 = 0.51
    expect(slow).toBeCloseTo(9.3, 1); // 1.25^10
    expect(pace.compare([], D, 2)).toEqual([]);
  });

  test("leaves alone what is little beside the way of the answers", () => {
    const { pace, a, b } = open();
    for (let i = 0; i < 100; i++) {
      pace.observe(a, D, 1, took(1000, 10));
      pace.observe(b, D, 1, took(1020, 30));
    }
    expect(turnsIn(pace.compare([a, b], D, 2))).toEqual([1, 1]); // 20 ms of 1,000
    const [, slow] = turnsIn(pace.compare([a, b], D, 200)); // 2 s of 2
    expect(slow).toBeCloseTo(3, 0);
  });

  test("warns of a node that needs three times as long as the others, once until it has recovered", () => {
    const { pace, a, b, clock, warnings } = open();
    const measured = (ms: number, times: number): void => {
      for (let i = 0; i < times; i++) {
        clock.now += ms;
        pace.observe(a, D, 1, took(100));
        pace.observe(b, D, 1, took(ms));
        pace.compare([a, b], D, 2);
      }
    };
    measured(250, 50);
    expect(warnings).toEqual([]);
    measured(500, 50);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^WORKER: node b takes at least [345]\.\d times as long as the others: it gets fewer shards; look at what else runs there$/,
    );
    measured(100, 50);
    measured(500, 50);
    expect(warnings).toHaveLength(2);
  });
});

describe("a warning of a slow node", () => {
  test("takes eight rounds running, each with a measurement, and ten seconds", () => {
    const { pace, a, b, clock, warnings } = open();
    const round = (ms: number | null, passMs = 2000): void => {
      clock.now += passMs;
      pace.observe(a, D, 1, took(100));
      if (ms !== null) pace.observe(b, D, 1, took(ms));
      pace.compare([a, b], D, 2);
    };
    for (let i = 0; i < 100; i++) round(1000, 10); // a second
    expect(warnings).toEqual([]);
    for (let i = 0; i < 8; i++) round(100);
    const slow = (rounds: number): void => {
      for (let i = 0; i < rounds; i++) round(1000);
    };
    slow(5); // by then it counts as slow: each time it is thought to need 1.25 times as long as before, at the most
    for (let i = 0; i < 100; i++) round(null);
    slow(4);
    expect(warnings).toEqual([]);
    slow(4);
    expect(warnings).toHaveLength(1);
  });

  test("takes no pause, however often its lease is answered by another meanwhile", () => {
    const { pace, a, b, clock, warnings } = open();
    for (let i = 0; i < 10; i++) for (const member of [a, b]) pace.observe(member, D, 1, took(5));
    for (let i = 0; i < 500; i++) {
      clock.now += 5;
      if (i < 4) pace.beaten(b, D, 1, 1000);
      pace.observe(a, D, 1, took(5));
      pace.compare([a, b], D, 2);
    }
    clock.now += 20_000;
    for (let i = 0; i < 8; i++) {
      pace.observe(b, D, 1, took(5));
      pace.compare([a, b], D, 2);
    }
    expect(warnings).toEqual([]);
  });
});

test("a node that is left out is tried soon, and in the end every sixteenth time", () => {
  const { pace, a, b } = open();
  const tried = Array.from({ length: 48 }, () => pace.leftOut(a));
  expect(tried.flatMap((is, i) => (is ? [i + 1] : []))).toEqual([1, 2, 4, 8, 16, 32, 48]);
  expect(pace.leftOut(b)).toBe(true);
  pace.compare([a, b], D, 2); // it is not slow
  expect(pace.leftOut(a)).toBe(true);
});

function open() {
  const warnings: string[] = [];
  const members = new FakeMembers();
  const [a, b, c] = ["a", "b", "c"].map((id) => members.join(id));
  const clock = { now: 0 };
  const warn = (code: string, message: string): void => void warnings.push(`${code}: ${message}`);
  return { pace: new Pace({ warn, now: () => clock.now }), a, b, c, clock, warnings };
}

function turnsIn(speeds: readonly Speed[]): number[] {
  return speeds.map(({ turn }) => turn);
}

/** All of the time was computing, unless it is said how much. */
function took(elapsedMs: number, computeMs = elapsedMs): Measured {
  return { elapsedMs, computeMs };
}

function phase(index: number): Work {
  return { kind: "phase", phase: index, step: 0, first: 0, shards: 1, position: 0 };
}
