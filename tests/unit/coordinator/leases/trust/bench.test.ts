// Who makes mistakes gets no work for a while, longer each time, and is forgiven in the end.
import { expect, test } from "vitest";
import { Bench } from "../../../../../coordinator/leases/trust/bench.ts";

test("three mistakes bench a node for ten seconds, every further one for twice as long, ten minutes at the most", () => {
  const { bench, clock, warnings } = open();
  const seconds: number[] = [];
  expect([bench.fault("a", "it failed"), bench.fault("a", "it failed")]).toEqual([false, false]);
  for (let times = 0; times < 9; times++) {
    expect(bench.fault("a", "it failed")).toBe(true);
    const lengthMs = bench.returnsInMs();
    seconds.push(lengthMs / 1000);
    clock.now += lengthMs - 1;
    expect(bench.isBenched("a")).toBe(true);
    clock.now += 1;
    expect(bench.isBenched("a")).toBe(false);
  }
  expect(seconds).toEqual([10, 20, 40, 80, 160, 320, 600, 600, 600]);
  expect(bench.returnsInMs()).toBe(Infinity);
  expect(bench.isBenched("b")).toBe(false);
  expect(warnings).toHaveLength(9);
  expect(warnings[1]).toBe(
    "WORKER: node a gets no work for 20 s, since it makes mistakes again and again (the last: it failed); if it goes on, stop the node and try its machine with ganglion doctor",
  );
});

test("mistakes on the bench, of work that was out before, make it no longer", () => {
  const { bench, warnings } = open();
  for (let times = 0; times < 8; times++) bench.fault("a", "it failed");
  expect(bench.returnsInMs()).toBe(10_000);
  expect(warnings).toHaveLength(1);
});

test("ten good answers make up for a mistake, and then it begins with ten seconds again", () => {
  const { bench, clock } = open();
  for (let times = 0; times < 4; times++) {
    bench.fault("a", "it failed");
    for (let good = 0; good < 4; good++) bench.good("a"); // 4 mistakes less 1.6 that are forgiven
  }
  expect(bench.isBenched("a")).toBe(false);
  bench.fault("a", "it failed");
  expect(bench.returnsInMs()).toBe(10_000);
  clock.now += 10_000;
  expect(bench.isDoubted("a")).toBe(true);
  for (let good = 0; good < 40; good++) bench.good("a");
  expect(bench.isDoubted("a")).toBe(false);
  for (let times = 0; times < 3; times++) bench.fault("a", "it failed");
  expect(bench.returnsInMs()).toBe(10_000);
});

test("remembers no more than ten thousand names, and of those that are benched the newest", () => {
  const { bench } = open();
  for (let times = 0; times < 3; times++) bench.fault("bad", "it failed");
  for (let name = 0; name < 20_000; name++) bench.fault(`once-${name}`, "it failed");
  expect(bench.isBenched("bad")).toBe(true);
  expect(bench.isDoubted("once-0")).toBe(false);
  expect(bench.isDoubted("once-19999")).toBe(true);
});

function open() {
  const clock = { now: 0 };
  const warnings: string[] = [];
  const bench = new Bench({
    warn: (code, message) => void warnings.push(`${code}: ${message}`),
    now: () => clock.now,
  });
  return { bench, clock, warnings };
}
