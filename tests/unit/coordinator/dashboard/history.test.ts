// Events are numbered without gaps, the newest are kept, and what was forgotten is counted.
import { expect, test } from "vitest";
import type { RunEvent } from "../../../../coordinator/dashboard/events.ts";
import { EventHistory } from "../../../../coordinator/dashboard/history.ts";
import { runEvent, stepEvent } from "./support.ts";

test("numbers events from 1 without gaps, and dates them", () => {
  const history = new EventHistory();
  const published = [1, 2, 3].map((step) => history.publish(stepEvent(step)));
  expect(published.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(published[0].time).toBe(new Date(published[0].time).toISOString());
  expect(history.newest).toBe(3);
});

test("gives the events after an id, in order", () => {
  const history = new EventHistory();
  for (const step of [1, 2, 3, 4]) history.publish(stepEvent(step));
  expect(idsSince(history, 2)).toEqual({ ids: [3, 4], missed: 0 });
  expect(idsSince(history, 4)).toEqual({ ids: [], missed: 0 });
});

test("gives nothing before the first event", () => {
  expect(idsSince(new EventHistory(), 0)).toEqual({ ids: [], missed: 0 });
});

test("forgets the oldest beyond its capacity, and says how many a client missed", () => {
  const history = new EventHistory({ capacity: 3 });
  for (let step = 1; step <= 10; step++) history.publish(stepEvent(step));
  // After 2 came 3 to 10: 8 events, of which 8, 9 and 10 are kept.
  expect(idsSince(history, 2)).toEqual({ ids: [8, 9, 10], missed: 5 });
  expect(idsSince(history, 7)).toEqual({ ids: [8, 9, 10], missed: 0 });
  expect(history.oldest).toBe(8);
});

test("never forgets the newest run, workers, samples and checkpoint", () => {
  const history = new EventHistory({ capacity: 2 });
  history.publish(runEvent("preparing"));
  history.publish({ type: "checkpoint", step: 0, file: "0.safetensors", weightsHash: "00" });
  history.publish(runEvent("training"));
  history.publish({ type: "samples", step: 0, file: "0.png", url: "/samples/0.png" });
  history.publish({ type: "workers", nodes: [] });
  for (let step = 6; step <= 9; step++) history.publish(stepEvent(step));
  // Of 1 to 9 remain the newest run 3, checkpoint 2, samples 4, workers 5, and the last two events.
  expect(idsSince(history, 0)).toEqual({ ids: [2, 3, 4, 5, 8, 9], missed: 3 });
  expect(idsSince(history, 3)).toEqual({ ids: [4, 5, 8, 9], missed: 2 });
  expect(history.latestRun()).toMatchObject({ id: 3, state: "training" });
});

test("takes an id beyond the newest for one of another history, and gives everything", () => {
  const history = new EventHistory({ capacity: 2 });
  for (const step of [1, 2, 3]) history.publish(stepEvent(step));
  expect(idsSince(history, 4)).toEqual({ ids: [2, 3], missed: 1 });
});

test("tells every listener until it unsubscribes", () => {
  const history = new EventHistory();
  const heard: number[] = [];
  const unsubscribe = history.subscribe(({ id }) => heard.push(id));
  history.publish(stepEvent(1));
  unsubscribe();
  history.publish(stepEvent(2));
  expect(heard).toEqual([1]);
});

test("removes a listener that throws, says so in a warning, and tells the others", () => {
  const history = new EventHistory();
  const heard: string[] = [];
  history.subscribe(() => {
    throw new Error("no more memory");
  });
  history.subscribe(({ type }) => heard.push(type));
  history.publish(stepEvent(1));
  history.publish(stepEvent(2));
  expect(heard).toEqual(["step", "warning", "step"]);
  expect(history.since(1).events[0]).toMatchObject({
    message: "an event listener failed and was removed: no more memory",
  });
});

test("forgets the oldest beyond its bytes, whatever their number, and never the newest", () => {
  const history = new EventHistory({ maxBytes: 100_000 });
  const warn = (length: number) =>
    history.publish({ type: "warning", code: "WORKER", message: "x".repeat(length) });
  for (let i = 0; i < 100; i++) warn(10_000);
  const { ids, missed } = idsSince(history, 0);
  expect(ids.length).toBeGreaterThan(7);
  expect(ids.length).toBeLessThan(10);
  expect(ids.at(-1)).toBe(100);
  expect(missed).toBe(100 - ids.length);
  expect(history.oldest).toBe(ids[0]);
  warn(1_000_000);
  expect(idsSince(history, 0)).toEqual({ ids: [101], missed: 100 });
});

test("keeps a mebibyte of the events that hold every node, beside the newest, and misses none of the others", () => {
  const history = new EventHistory();
  for (let i = 0; i < 1000; i++) {
    history.publish(workersEvent(200));
    history.publish(stepEvent(i));
  }
  const { events, missed } = history.since(0);
  const kinds = (type: string) => events.filter((event) => event.type === type).length;
  expect(kinds("step")).toBe(1000);
  expect(kinds("workers")).toBeGreaterThan(5);
  expect(kinds("workers")).toBeLessThan(30); // of more than 40 kB each
  expect(events.at(-2)).toMatchObject({ type: "workers", id: 1999 });
  expect(missed).toBe(0); // what a later one replaced is not missed
  expect(history.oldest).toBe(1);
});

test("holds few megabytes after a thousand nodes of the longest names came and left", () => {
  const history = new EventHistory();
  for (let count = 0; count < 1000; count += 5) history.publish(workersEvent(count, 200));
  const { events } = history.since(0);
  const bytes = events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
  expect(bytes).toBeLessThan(4 * 2 ** 20); // all of them: 40 MB
});

test("refuses a capacity that is no positive integer", () => {
  expect(() => new EventHistory({ capacity: 0 })).toThrow("an event history of 0 events");
});

function workersEvent(count: number, nameLength = 5): RunEvent {
  const view = { threads: 1, engine: "e", device: "d", state: "ready", prepareMs: 1 } as const;
  const nodes = Array.from({ length: count }, (_, i) => ({
    ...view,
    node: String(i).padEnd(nameLength, "x"),
    contributions: 0,
    faults: 0,
    shardMs: null,
  }));
  return { type: "workers", nodes };
}

function idsSince(history: EventHistory, id: number): { ids: number[]; missed: number } {
  const { events, missed } = history.since(id);
  return { ids: events.map((event) => event.id), missed };
}
