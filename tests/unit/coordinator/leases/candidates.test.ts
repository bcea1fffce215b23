// Who may get a lease of a task: by what has become of it, and by the mistakes that nodes have made.
import { describe, expect, test } from "vitest";
import { backupsFor, candidatesFor, isOnHold, soonest } from "../../../../coordinator/leases/candidates.ts";
import { type OpenTask, openTask } from "../../../../coordinator/leases/task.ts";
import { FakeMembers } from "../../../support/fake-members.ts";

const members = new FakeMembers();
const [a, b, c] = ["a", "b", "c"].map((id) => members.join(id));
const ALL = [a, b, c];
const nobody = (): boolean => false;

describe("a task without a lease", () => {
  test("goes to its preferred member the first time, and to any other that is ready later", () => {
    expect(candidatesFor(task({ preferred: b }), ALL, nobody)).toEqual([b]);
    expect(candidatesFor(task({ preferred: b }), [a, c], nobody)).toEqual([a, c]);
    expect(candidatesFor(task({ preferred: b, lastMember: b }), ALL, nobody)).toEqual([a, c]);
  });

  test("goes to those without a mistake, then to those that have not failed at it, then to the others, then to anyone", () => {
    const failed = (...nodes: string[]): Partial<OpenTask> => ({
      failures: nodes.map((node) => ({ node, kind: "failed", reason: "" })),
      lastMember: a,
    });
    expect(candidatesFor(task(failed("a")), ALL, (node) => node === "b")).toEqual([c]);
    expect(candidatesFor(task(failed("a", "c")), ALL, (node) => node === "b")).toEqual([b]);
    expect(candidatesFor(task(failed("a", "b", "c")), ALL, nobody)).toEqual([b, c]);
    expect(candidatesFor(task(failed("a")), [a], nobody)).toEqual([a]);
  });

  test("is on hold until its time, or until a node is ready that has not failed at it", () => {
    const held = task({ notBefore: 10, failures: [{ node: "a", kind: "failed", reason: "" }] });
    expect(isOnHold(held, [a], 9)).toBe(true);
    expect(isOnHold(held, [a], 10)).toBe(false);
    expect(isOnHold(held, [a, b], 9)).toBe(false);
  });
});

test("a late task goes to whoever has not had it, and has answered before without a mistake", () => {
  const late = task({ lastMember: c });
  expect(backupsFor(late, ALL, new Set([a]), nobody)).toEqual([b]);
  expect(backupsFor(task({}), ALL, new Set([a]), (node) => node === "b")).toEqual([c]);
  c.contributions = 1;
  expect(backupsFor(task({}), ALL, new Set([a]), nobody)).toEqual([c]);
  expect(backupsFor(task({}), ALL, new Set(ALL), nobody)).toEqual([]);
});

test("of those that would be done at once the first gets it, and nobody where there is none", () => {
  const times = new Map([
    [a, 2],
    [b, 1],
    [c, 1],
  ]);
  expect(soonest(ALL, (member) => times.get(member as typeof a)!)).toBe(b);
  expect(soonest([], () => 0)).toBeNull();
});

function task(state: Partial<OpenTask>): OpenTask {
  return {
    ...openTask({ work: { kind: "generate", first: 0, images: 1 }, version: 0, size: 1 }),
    ...state,
  };
}
