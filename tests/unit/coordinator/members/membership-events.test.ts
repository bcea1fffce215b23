// Who takes part: published at every change while few do, and at a bounded rate where many come and go.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MembershipEvents } from "../../../../coordinator/members/membership-events.ts";
import type { NodeView } from "../../../../coordinator/dashboard/events.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open() {
  const told: number[] = [];
  const news = new MembershipEvents((event) => event.type === "workers" && told.push(event.nodes.length));
  return { told, change: (count: number) => news.changed(nodes(count)), news };
}

function nodes(count: number): NodeView[] {
  const view = { threads: 1, engine: "e", device: "d", state: "ready", prepareMs: 1 } as const;
  return Array.from({ length: count }, (_, i) => ({
    ...view,
    node: `n${i}`,
    contributions: 0,
    faults: 0,
    shardMs: null,
  }));
}

test("of few nodes every change is told at once", () => {
  const { told, change } = open();
  for (const count of [1, 2, 1, 32, 31]) change(count);
  expect(told).toEqual([1, 2, 1, 32, 31]);
});

test("of many the first change is told at once, then the newest, a millisecond later for each node", () => {
  const { told, change } = open();
  for (let count = 100; count <= 600; count++) change(count);
  expect(told).toEqual([100]);
  vi.advanceTimersByTime(100);
  expect(told).toEqual([100, 600]);
  change(599);
  vi.advanceTimersByTime(599);
  expect(told).toEqual([100, 600]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([100, 600, 599]);
});

test("that few are left is told at once, and nothing older after it", () => {
  const { told, change } = open();
  for (const count of [100, 99, 3]) change(count);
  vi.advanceTimersByTime(1000);
  expect(told).toEqual([100, 3]);
});

test("what was not told is told at the end", () => {
  const { told, change, news } = open();
  for (const count of [100, 99]) change(count);
  news.flush();
  news.flush();
  expect(told).toEqual([100, 99]);
});
