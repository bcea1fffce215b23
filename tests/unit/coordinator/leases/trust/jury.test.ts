// Whose word counts alone: several nodes', one's that has worked for long, or a stranger's when nobody else has come.
import { expect, test } from "vitest";
import { mayDecide } from "../../../../../coordinator/leases/trust/jury.ts";
import { FakeMembers } from "../../../../support/fake-members.ts";

test("three nodes decide at once, two strangers when nobody has come for thirty seconds", () => {
  const { decide, clock } = open("a b c");
  expect(decide("a b c")).toBe(true);
  expect(decide("a b")).toBe(false);
  clock.now = 29_999;
  expect(decide("a b")).toBe(false);
  clock.now = 30_000;
  expect(decide("a b")).toBe(true);
});

test("a node that is still preparing is waited for, ten minutes at the most", () => {
  const { decide, clock, members } = open("a b");
  members.all()[1].state = "joining";
  clock.now = 599_999;
  expect(decide("a")).toBe(false);
  clock.now = 600_000;
  expect(decide("a")).toBe(true);
});

test("one that has contributed a hundred times decides alone, also on the bench; its presence helps no other", () => {
  const { decide, members } = open("a b");
  members.all()[0].contributions = 100;
  members.all()[0].state = "benched";
  expect(decide("a")).toBe(true);
  expect(decide("b")).toBe(false);
});

test("where nobody else can join, one is enough", () => {
  expect(open("a", true).decide("a")).toBe(true);
});

function open(names: string, isClosed = false) {
  const members = new FakeMembers();
  for (const name of names.split(" ")) members.join(name);
  const clock = { now: 0 };
  const decide = (nodes: string): boolean =>
    mayDecide(new Set(nodes.split(" ")), 0, { members, isClosed, now: () => clock.now });
  return { decide, clock, members };
}
