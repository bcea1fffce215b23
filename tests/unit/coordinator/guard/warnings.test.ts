// Warnings: each is said, none floods, and what was not said is told by its number.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Warnings } from "../../../../coordinator/guard/warnings.ts";
import type { RunEvent } from "../../../../coordinator/dashboard/events.ts";
import { createLog } from "../../../../shared/log.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open() {
  const said: string[] = [];
  const publish = (event: RunEvent): void =>
    void (event.type === "warning" && said.push(`${event.code} ${event.message}`));
  return { said, warnings: new Warnings({ log: createLog({ stderr: "silent" }), publish }) };
}

test("says different warnings at once, each", () => {
  const { said, warnings } = open();
  warnings.warn("WORKER", "a is late");
  warnings.warn("WORKER", "b is late");
  warnings.warn("GUARD", "a is late");
  expect(said).toEqual(["WORKER a is late", "WORKER b is late", "GUARD a is late"]);
});

test("says the same once in ten seconds, then how often it came, then again", () => {
  const { said, warnings } = open();
  for (let i = 0; i < 38; i++) warnings.warn("WORKER", "node a joined again");
  expect(said).toEqual(["WORKER node a joined again"]);
  vi.advanceTimersByTime(10_000);
  expect(said.slice(1)).toEqual(["WORKER node a joined again (the last of 37 more like it within 10 s)"]);
  warnings.warn("WORKER", "node a joined again");
  expect(said).toHaveLength(3);
  vi.advanceTimersByTime(60_000);
  expect(said).toHaveLength(3);
});

test("says ten that differ in numbers alone, and of the rest the last", () => {
  const { said, warnings } = open();
  for (let port = 1; port <= 1000; port++) warnings.warn("TRANSPORT", `a node (127.0.0.1:${port}): closed`);
  expect(said).toHaveLength(10);
  warnings.flush();
  expect(said.slice(10)).toEqual([
    "TRANSPORT a node (127.0.0.1:1000): closed (the last of 990 more like it within 10 s)",
  ]);
});

test("says at most a hundred of a code in ten seconds, whatever they say, and does not remember the others", () => {
  const { said, warnings } = open();
  for (let i = 0; i < 10_000; i++)
    warnings.warn("WORKER", `node ${"x".repeat(i % 500)}y${"z".repeat(i)} joined`);
  warnings.warn("GUARD", "no signal");
  expect(said).toHaveLength(101);
  vi.advanceTimersByTime(10_000);
  expect(said.slice(101)).toEqual([expect.stringMatching(/^WORKER node .* \(the last of 9900 more like it/)]);
});

test("tells at the end of a run what it has not said", () => {
  const { said, warnings } = open();
  warnings.warn("WORKER", "a");
  warnings.warn("WORKER", "a");
  warnings.flush();
  warnings.flush();
  expect(said).toEqual(["WORKER a", "WORKER a (the last of 1 more like it within 10 s)"]);
  expect(vi.getTimerCount()).toBe(0);
});
