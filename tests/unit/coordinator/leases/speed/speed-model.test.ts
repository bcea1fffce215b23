// What is expected of each node, from what it took before; a node that needs much longer is told of.
import { describe, expect, test } from "vitest";
import {
  type Measured,
  SpeedModel,
  type Speed,
} from "../../../../../coordinator/leases/speed/speed-model.ts";
import type { Work } from "../../../../../shared/protocol/messages.ts";
import { FakeMembers } from "../../../../support/fake-members.ts";

const D = phase(0);
const G = phase(1);

describe("what is expected", () => {
  test("is nothing before anything like it was measured, then what it took, by waves", () => {
    const { speedModel, a, b } = open();
    expect(speedModel.expected(a, D, 1).from).toBe("its size");
    speedModel.observe(a, D, 4, took(400));
    expect(speedModel.expected(a, D, 1).ms).toBeCloseTo(100);
    expect(speedModel.expected(a, D, 3).ms).toBeCloseTo(300);
    expect(speedModel.expected(b, D, 1).ms).toBeCloseTo(100); // what is usual, until it is known better
    expect(speedModel.expected(a, G, 1).from).toBe("other kinds");
  });

  test("is each node's own, also for work that only another has done", () => {
    const { speedModel, a, b } = open();
    speedModel.observe(a, D, 1, took(100));
    speedModel.observe(b, D, 1, took(1000));
    speedModel.observe(a, G, 1, took(30));
    expect(speedModel.expected(b, D, 1).ms).toBeCloseTo(1000);
    expect(speedModel.expected(b, G, 1).ms).toBeCloseTo(300);
  });

  test("hardly changes by one pause, and follows what lasts", () => {
    const { speedModel, a } = open();
    speedModel.observe(a, D, 1, took(100));
    speedModel.observe(a, D, 1, took(60_000));
    expect(speedModel.expected(a, D, 1).ms).toBeLessThan(20_000);
    for (let i = 0; i < 100; i++) speedModel.observe(a, D, 1, took(300));
    expect(speedModel.expected(a, D, 1).ms).toBeCloseTo(300, -1);
  });

  test("doubles at most when a node is beaten, and is never less than it was for that", () => {
    const { speedModel, a, b } = open();
    for (const member of [a, b]) speedModel.observe(member, D, 1, took(100));
    speedModel.observeTimeout(b, D, 1, 90);
    expect(speedModel.expected(b, D, 1).ms).toBeCloseTo(100);
    speedModel.observeTimeout(b, D, 2, 300); // 150 a wave
    expect(speedModel.expected(b, D, 1).ms).toBeCloseTo(150);
    speedModel.observeTimeout(b, D, 1, 60_000);
    expect(speedModel.expected(b, D, 1).ms).toBeCloseTo(300);
    expect(speedModel.expected(a, D, 1).ms).toBeCloseTo(100);
  });
});

test("a clock that stands still breaks nothing", () => {
  const { speedModel, a, b } = open();
  for (let i = 0; i < 1000; i++) for (const member of [a, b]) speedModel.observe(member, D, 4, took(0));
  expect(speedModel.expected(a, D, 1).ms).toBeCloseTo(1); // shorter waves are not told apart
  expect(wavesIn(speedModel.compare([a, b], D, 2))).toEqual([1, 1]);
});

describe("a node's overhead", () => {
  test("is what it does not compute: part of what is expected, none of its pace", () => {
    const { speedModel, a, b } = open();
    for (let i = 0; i < 20; i++) {
      speedModel.observe(a, D, 2, took(200));
      speedModel.observe(b, D, 2, took(1200, 200)); // its answers wait a second for the coordinator
    }
    expect(speedModel.expected(a, D, 2).ms).toBeCloseTo(200);
    expect(speedModel.expected(b, D, 2).ms).toBeCloseTo(1200);
    expect(speedModel.expected(b, D, 10).ms).toBeCloseTo(2000);
    expect(wavesIn(speedModel.compare([a, b], D, 2))).toEqual([1, 1]);
    speedModel.observeTimeout(b, D, 2, 1300); // 150 ms a wave and the overhead
    expect(speedModel.expected(b, D, 2).ms).toBeCloseTo(1300);
  });

  test("hardly changes by one pause", () => {
    const { speedModel, a } = open();
    speedModel.observe(a, D, 1, took(120, 100));
    speedModel.observe(a, D, 1, took(60_000, 100));
    expect(speedModel.expected(a, D, 1).ms).toBeLessThan(200);
  });

  test("is not negative where a node claims more than there was", () => {
    const { speedModel, a } = open();
    for (let i = 0; i < 10; i++) speedModel.observe(a, D, 1, took(100, 1e9));
    expect(speedModel.expected(a, D, 1).ms).toBeCloseTo(100);
  });
});

test("a node shows what a thread of it takes for a shard, by its latest answers, of phases alone", () => {
  const { speedModel, a } = open();
  speedModel.observe(a, { kind: "generate", first: 0, images: 64 }, 1, took(5000));
  expect(a.shardMs).toBeNull();
  speedModel.observe(a, D, 4, took(450, 400));
  expect(a.shardMs).toBe(100);
  speedModel.observe(a, D, 4, took(850, 800));
  expect(a.shardMs).toBe(125); // 3/4 · 100 + 1/4 · 200
});

describe("a comparison", () => {
  test("is relative to the median, and takes differences under a quarter for noise", () => {
    const { speedModel, a, b, c } = open();
    for (const [member, ms] of [[a, 95], [b, 100], [c, 110]] as const) speedModel.observe(member, D, 1, took(ms)); // prettier-ignore
    expect(wavesIn(speedModel.compare([a, b, c], D, 3))).toEqual([1, 1, 1]);
    for (let i = 0; i < 50; i++)
      for (const [member, ms] of [[a, 50], [b, 100], [c, 1000]] as const) speedModel.observe(member, D, 1, took(ms)); // prettier-ignore
    const [fast, median, slow] = wavesIn(speedModel.compare([a, b, c], D, 3));
    expect(median).toBe(1);
    expect(fast).toBeCloseTo(0.5, 1); // 1.25^-3 = 0.51
    expect(slow).toBeCloseTo(9.3, 1); // 1.25^10
    expect(speedModel.compare([], D, 2)).toEqual([]);
  });

  test("leaves alone what is little beside the overhead of the answers", () => {
    const { speedModel, a, b } = open();
    for (let i = 0; i < 100; i++) {
      speedModel.observe(a, D, 1, took(1000, 10));
      speedModel.observe(b, D, 1, took(1020, 30));
    }
    expect(wavesIn(speedModel.compare([a, b], D, 2))).toEqual([1, 1]); // 20 ms of 1,000
    const [, slow] = wavesIn(speedModel.compare([a, b], D, 200)); // 2 s of 2
    expect(slow).toBeCloseTo(3, 0);
  });

  test("warns of a node that needs three times as long as the others, once until it has recovered", () => {
    const { speedModel, a, b, clock, warnings } = open();
    const measured = (ms: number, times: number): void => {
      for (let i = 0; i < times; i++) {
        clock.now += ms;
        speedModel.observe(a, D, 1, took(100));
        speedModel.observe(b, D, 1, took(ms));
        speedModel.compare([a, b], D, 2);
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
    const { speedModel, a, b, clock, warnings } = open();
    const round = (ms: number | null, passMs = 2000): void => {
      clock.now += passMs;
      speedModel.observe(a, D, 1, took(100));
      if (ms !== null) speedModel.observe(b, D, 1, took(ms));
      speedModel.compare([a, b], D, 2);
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
    const { speedModel, a, b, clock, warnings } = open();
    for (let i = 0; i < 10; i++) for (const member of [a, b]) speedModel.observe(member, D, 1, took(5));
    for (let i = 0; i < 500; i++) {
      clock.now += 5;
      if (i < 4) speedModel.observeTimeout(b, D, 1, 1000);
      speedModel.observe(a, D, 1, took(5));
      speedModel.compare([a, b], D, 2);
    }
    clock.now += 20_000;
    for (let i = 0; i < 8; i++) {
      speedModel.observe(b, D, 1, took(5));
      speedModel.compare([a, b], D, 2);
    }
    expect(warnings).toEqual([]);
  });
});

test("a node that is left out is tried soon, and in the end every sixteenth time", () => {
  const { speedModel, a, b } = open();
  const tried = Array.from({ length: 48 }, () => speedModel.leftOut(a));
  expect(tried.flatMap((is, i) => (is ? [i + 1] : []))).toEqual([1, 2, 4, 8, 16, 32, 48]);
  expect(speedModel.leftOut(b)).toBe(true);
  speedModel.compare([a, b], D, 2); // it is not slow
  expect(speedModel.leftOut(a)).toBe(true);
});

function open() {
  const warnings: string[] = [];
  const members = new FakeMembers();
  const [a, b, c] = ["a", "b", "c"].map((id) => members.join(id));
  const clock = { now: 0 };
  const warn = (code: string, message: string): void => void warnings.push(`${code}: ${message}`);
  return { speedModel: new SpeedModel({ warn, now: () => clock.now }), a, b, c, clock, warnings };
}

function wavesIn(speeds: readonly Speed[]): number[] {
  return speeds.map(({ wave }) => wave);
}

/** All of the time was computing, unless it is said how much. */
function took(elapsedMs: number, computeMs = elapsedMs): Measured {
  return { elapsedMs, computeMs };
}

function phase(index: number): Work {
  return { kind: "phase", phase: index, step: 0, first: 0, shards: 1, position: 0 };
}
