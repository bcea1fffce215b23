// How long a lease may take: when it is late, and when it is overdue. Pure functions; all in milliseconds.
import { clamp } from "./node-speed.ts";
import type { Expected } from "./speed-model.ts";

/** A deadline is a multiple of what is expected: more where that is a guess, and never less than this. */
const PATIENCE = { "this kind": 10, "other kinds": 20, "its size": 50 } as const;
const LEAST_DEADLINE_MS = { "this kind": 10_000, "other kinds": 60_000, "its size": 60_000 } as const;
/** Where it is a guess, and where a lease is overdue again and again, this is the most … */
const LONG_DEADLINE_MS = 1_800_000;
/** … and this is for all; longer ones would overflow a timer. */
const LONGEST_DEADLINE_MS = 86_400_000;
/** Late is what takes twice as long as expected, and longer than a pause for garbage collection, … */
const LATE = 2;
export const PAUSE_MS = 100;
/** … or, where it is a guess, at least as long as the first of these and at most as the second, … */
const GUESSED_LATE_MS = [5000, 15_000] as const;
/** … when nobody's answer has come for a while: else it may be the coordinator that does not keep up. */
const SILENCE = 1 / 4;

/**
 * When a lease is taken back, if so much is expected and its task has timed out so often before: a whole number of
 * milliseconds, at least 10 s and at most a day.
 *
 * Each time that it was too short it is twice as long. What is usual may have become too little at once, as when sixty
 * nodes join the first one and share its link; with every lease timed out nothing would be learned, and the step never
 * end.
 */
export function deadlineMs({ ms, from }: Expected, timeouts: number): number {
  const wanted = Math.max(LEAST_DEADLINE_MS[from], PATIENCE[from] * ms);
  const usual = from === "this kind" ? wanted : Math.min(wanted, LONG_DEADLINE_MS);
  const extended = Math.min(usual * 2 ** timeouts, Math.max(usual, LONG_DEADLINE_MS));
  return Math.ceil(Math.min(extended, LONGEST_DEADLINE_MS));
}

/**
 * How many leases of a task may be out at once, late ones included: one backup, a third beside a probe, and more where
 * no node has done such work before.
 */
export function mostLeases({ from }: Pick<Expected, "from">, hasProbe: boolean): number {
  if (from !== "this kind") return 5;
  return hasProbe ? 3 : 2;
}

/** When a lease is late, if so much is expected and the newest answer of anyone came so long after it was leased. */
export function lateMs({ ms, from }: Expected, answeredMs: number): number {
  if (from !== "this kind") return clamp(LATE * ms, GUESSED_LATE_MS);
  const silentMs = answeredMs + Math.max(SILENCE * ms, PAUSE_MS);
  return Math.max(LATE * ms, ms + PAUSE_MS, silentMs);
}

/** Whether nodes with leases count as silent: no answer for twice what the slowest should need, five seconds at least. */
export function isSilent(expectedMs: number, sinceMs: number): boolean {
  return sinceMs >= Math.max(LEAST_SILENCE_MS, LATE * expectedMs);
}

const LEAST_SILENCE_MS = 5000;
