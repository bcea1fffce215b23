// What an update leaves to be done: later, in order, and before what rests on it.
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { FollowUps } from "../../../coordinator/follow-ups.ts";

test("follow-ups wait for a later turn of the event loop, and keep their order", async () => {
  const followUps = new FollowUps();
  const done: string[] = [];
  followUps.later(() => done.push("ledger"));
  followUps.later(() => done.push("stats"));
  await Promise.resolve(); // what sends the next leases
  expect(done).toEqual([]);
  await nextTurn();
  expect(done).toEqual(["ledger", "stats"]);
});

test("settling does at once what is left, once", async () => {
  const followUps = new FollowUps();
  const done: string[] = [];
  followUps.later(() => done.push("ledger"));
  followUps.settle();
  expect(done).toEqual(["ledger"]);
  await nextTurn();
  expect(done).toEqual(["ledger"]);
});

test("what a follow-up throws is thrown where the run settles, and nothing that came after it is done", async () => {
  const followUps = new FollowUps();
  const done: string[] = [];
  followUps.later(() => {
    throw new Error("the disk is full");
  });
  followUps.later(() => done.push("stats"));
  await nextTurn();
  expect(() => followUps.settle()).toThrow("the disk is full");
  followUps.later(() => done.push("later stats"));
  expect(() => followUps.settle()).toThrow("the disk is full");
  expect(done).toEqual([]);
});

test("a run that has failed does what is left, and hides nothing by it", () => {
  const followUps = new FollowUps();
  const done: string[] = [];
  followUps.later(() => done.push("ledger"));
  followUps.later(() => {
    throw new Error("the disk is full");
  });
  expect(() => followUps.close()).not.toThrow();
  expect(done).toEqual(["ledger"]);
});
