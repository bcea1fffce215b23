// A run that is to stop waits for who can finish its step, and for nobody else.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  StoppedWithoutWorkers,
  haltWithoutWorkers,
} from "../../../../coordinator/members/stop-without-workers.ts";
import type { Member } from "../../../../coordinator/members/member.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("ends when the last member has left, not before", async () => {
  const { stop, halted, leave, pass } = open();
  stop.abort();
  await pass(60_000);
  expect(halted.aborted).toBe(false);
  leave();
  await pass(0);
  expect(halted.reason).toBeInstanceOf(StoppedWithoutWorkers);
});

test("ends when the broker has been away for five seconds, and not for one that restarts", async () => {
  const { stop, halted, reach, pass } = open();
  reach.able = false;
  await pass(60_000); // nobody wants to stop
  stop.abort();
  await pass(4000);
  reach.able = true;
  await pass(4000);
  reach.able = false;
  await pass(4900);
  expect(halted.aborted).toBe(false);
  await pass(600);
  expect(halted.reason).toBeInstanceOf(StoppedWithoutWorkers);
});

test("ends when nobody answers any more", async () => {
  const { stop, halted, reach, pass } = open();
  reach.silent = true;
  await pass(60_000); // nobody wants to stop
  expect(halted.aborted).toBe(false);
  stop.abort();
  await pass(600);
  expect(halted.reason).toBeInstanceOf(StoppedWithoutWorkers);
});

test("says nothing once the run is halted for another reason", async () => {
  const { stop, halt, halted, leave, pass } = open();
  stop.abort();
  halt.abort();
  leave();
  await pass(60_000);
  expect(halted.aborted).toBe(false);
});

function open() {
  const [stop, halt] = [new AbortController(), new AbortController()];
  const reach = { able: true, silent: false };
  let ready = [{} as Member];
  let wake = (): void => undefined;
  const halted = haltWithoutWorkers({
    stop: stop.signal,
    halt: halt.signal,
    members: {
      ready: () => ready,
      change: (signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("halted")));
          wake = resolve;
        }),
    },
    isReachable: () => reach.able,
    isSilent: () => reach.silent,
  });
  const leave = (): void => {
    ready = [];
    wake();
  };
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  return { stop, halt, halted, reach, leave, pass };
}
