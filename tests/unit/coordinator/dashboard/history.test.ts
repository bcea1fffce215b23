// Events are numbered without gaps, the newest are kept, and what was forgotten is counted.
import { expect, test } from "vitest";
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

test("refuses a capacity that is no positive integer", () => {
  expect(() => new EventHistory({ capacity: 0 })).toThrow("an event history of 0 events");
});

function idsSince(history: EventHistory, id: number): { ids: number[]; missed: number } {
  const { events, missed } = history.since(id);
  return { ids: events.map((event) => event.id), missed };
}
