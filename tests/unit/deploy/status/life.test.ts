// Whether a run lives, from its lock and what was heard of it: nothing dead looks alive, and nothing alive dead.
import { describe, expect, test } from "vitest";
import type { LockState } from "../../../../coordinator/records/run-lock.ts";
import { type StoredRecord, judge, lastHeard } from "../../../../deploy/status/life.ts";
import type { StatusRecord } from "../../../../shared/status-record.ts";

/** The lock was taken at 100 s, and it is 1,000 s now. */
const [SINCE, NOW] = [100_000, 1_000_000];
const HELD: LockState = { kind: "held", pid: 1, since: SINCE };
const DEAD: LockState = { kind: "dead", pid: 1, since: SINCE };
const ELSEWHERE: LockState = { kind: "elsewhere", pid: 1, host: "h", since: SINCE };

/** A record that was written at `at`. */
function stored(state: StatusRecord["state"], at: number): StoredRecord {
  const none = { step: 0, steps: 0, version: 0, imagesPerSecond: 0, dashboard: null, host: "h", nodes: [] };
  return { record: { run: "r", state, ...none, refused: {}, heartbeat: at }, writtenAt: at };
}

const lifeOf = (lock: LockState, record: StoredRecord | null, wroteAt = 0): string =>
  judge({ lock, stored: record, wroteAt, now: NOW });

describe("a run whose process is on this machine", () => {
  test("goes on while it is heard of, and is silent when only its process is there", () => {
    expect(lifeOf(HELD, stored("training", NOW - 9_999))).toBe("going");
    expect(lifeOf(HELD, stored("training", NOW - 10_000))).toBe("silent");
  });

  test("goes on while it writes steps, though its record cannot be written", () => {
    expect(lifeOf(HELD, stored("training", NOW - 60_000), NOW - 1000)).toBe("going");
  });

  test("is gone with its process, however short ago it was heard of", () => {
    expect(lifeOf(DEAD, stored("training", NOW - 1))).toBe("gone");
    expect(lifeOf(DEAD, null, NOW - 1)).toBe("gone");
    expect(lifeOf({ kind: "free" }, stored("training", NOW - 1))).toBe("gone");
  });

  test("is over when it said so, also while it cleans up and when it was killed at that", () => {
    for (const lock of [HELD, DEAD, ELSEWHERE, { kind: "free" } as const])
      expect(lifeOf(lock, stored("stopped", SINCE + 1)), lock.kind).toBe("over");
  });

  test("that is resumed does not end by what the session before it said", () => {
    const before = stored("stopped", SINCE - 1);
    expect(lifeOf(HELD, before)).toBe("going"); // it loads its data, which may take long
    expect(lifeOf(HELD, null)).toBe("going");
    expect(lifeOf(DEAD, before)).toBe("gone");
  });
});

test("a run that another machine holds counts as it is heard of", () => {
  expect(lifeOf(ELSEWHERE, stored("training", NOW - 1000))).toBe("going");
  expect(lifeOf(ELSEWHERE, stored("training", NOW - 60_000))).toBe("silent");
  expect(lifeOf(ELSEWHERE, stored("stopped", SINCE - 1))).toBe("silent");
  expect(lifeOf({ ...ELSEWHERE, since: NOW - 1000 }, stored("stopped", SINCE))).toBe("going"); // just resumed
  expect(lifeOf({ kind: "unreadable" }, stored("training", NOW - 60_000))).toBe("silent");
});

test("it was last heard of by its record, a step or its lock, whichever is newest", () => {
  const heard = (at: number, wroteAt: number): number =>
    lastHeard({ lock: HELD, stored: stored("training", at), wroteAt });
  expect(heard(SINCE + 5, SINCE + 3)).toBe(SINCE + 5);
  expect(heard(SINCE + 5, SINCE + 8.5)).toBe(SINCE + 8);
  expect(heard(SINCE - 5, SINCE - 3)).toBe(SINCE);
});
