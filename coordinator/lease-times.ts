// How long a lease may take: from when on it is late, and when it is overdue. All in milliseconds.

/** Before anything was measured a lease may take this long; afterwards a multiple of what is expected. */
const FIRST_DEADLINE_MS = 1_800_000;
const LEAST_DEADLINE_MS = 10_000;
const PATIENCE = 10;
/** Late is what takes twice as long as expected, and longer than a pause for garbage collection, … */
const LATE = 2;
export const PAUSE_MS = 100;
/** … when nobody's answer has come for a while: else it may be the coordinator that does not keep up. */
const SILENCE = 1 / 4;

/**
 * When a lease is taken back, if so much is expected and its item was overdue so often before.
 *
 * Each time that it was too short it is twice as long. What is usual may have become too little at once, as when sixty
 * nodes join the first one and share its link; with answers always overdue nothing would be learned, and the step never
 * end.
 */
export function longestMs(expectedMs: number | null, overdue: number): number {
  if (expectedMs === null) return FIRST_DEADLINE_MS;
  const usualMs = Math.max(LEAST_DEADLINE_MS, PATIENCE * expectedMs);
  return Math.min(usualMs * 2 ** overdue, Math.max(usualMs, FIRST_DEADLINE_MS));
}

/** When a lease is late, if so much is expected and the newest answer of anyone came so long after it was granted. */
export function lateMs(expectedMs: number | null, answeredMs: number): number {
  if (expectedMs === null) return Infinity;
  const silentMs = answeredMs + Math.max(SILENCE * expectedMs, PAUSE_MS);
  return Math.max(LATE * expectedMs, expectedMs + PAUSE_MS, silentMs);
}
