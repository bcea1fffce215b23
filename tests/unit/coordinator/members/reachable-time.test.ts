// A clock that stands still while nodes cannot be reached, and leases that go by it.
import { afterEach, expect, test, vi } from "vitest";
import type { Task } from "../../../../coordinator/leases/task.ts";
import { Leases } from "../../../../coordinator/leases/leases.ts";
import { SpeedModel } from "../../../../coordinator/leases/speed/speed-model.ts";
import { reachableTime } from "../../../../coordinator/members/reachable-time.ts";
import { createLog } from "../../../../shared/log.ts";
import { FakeMembers, leasesOf } from "../../../support/fake-members.ts";

afterEach(() => void vi.useRealTimers());

/** A machine's clock, and a transport that may be away. */
function world() {
  let at = 1000;
  let reachable = true;
  return {
    now: reachableTime(
      () => reachable,
      () => at,
    ),
    pass: (milliseconds: number): void => void (at += milliseconds),
    reach: (there: boolean): void => void (reachable = there),
  };
}

test("time passes while nodes can be reached", () => {
  const { now, pass } = world();
  pass(5);
  expect(now()).toBe(5);
  pass(7);
  expect(now()).toBe(12);
});

test("hardly any passes while the coordinator itself is stopped, and nobody reads the clock", () => {
  const { now, pass } = world();
  pass(5);
  expect(now()).toBe(5);
  pass(60_000);
  expect(now()).toBe(2005);
});

test("none passes from the last reading before an absence to the first after it", () => {
  const { now, pass, reach } = world();
  pass(5);
  expect(now()).toBe(5);
  pass(1); // lost within this second
  reach(false);
  pass(60_000);
  expect(now()).toBe(5);
  pass(60_000);
  expect(now()).toBe(5);
  reach(true);
  pass(1);
  expect(now()).toBe(5);
  pass(3);
  expect(now()).toBe(8);
});

test("a lease is not late, and nothing is said of its node, while the broker between them is away", () => {
  vi.useFakeTimers();
  const { now, pass, reach } = world();
  const members = new FakeMembers();
  const warnings: string[] = [];
  const warn = (_code: string, message: string): void => void warnings.push(message);
  const leases = new Leases({
    members,
    speedModel: new SpeedModel({ warn, now }),
    isClosed: true,
    log: createLog({ stderr: "silent" }),
    warn,
    now,
  });
  const [a] = [members.join("a"), members.join("b")];
  const task: Task = { work: { kind: "generate", first: 0, images: 1 }, version: 0, size: 1, preferred: a };
  const { signal } = new AbortController();
  void leases.complete([task], { accept: () => null }, signal).catch(() => undefined);
  const [{ deadlineMs }] = leasesOf(a);
  const seconds = (count: number): void => {
    for (let second = 0; second < count; second++) {
      pass(1000);
      now(); // as the coordinator reads it
      vi.advanceTimersByTime(1000);
    }
  };
  seconds(1);
  reach(false);
  seconds(2 * (deadlineMs / 1000));
  reach(true);
  seconds(deadlineMs / 1000 - 1);
  expect(warnings).toEqual([]);
  expect(leasesOf(a)).toHaveLength(1);
  seconds(2); // now it is the node's own delay
  expect(warnings).toHaveLength(1);
  expect(leasesOf(a)).toHaveLength(0);
});
