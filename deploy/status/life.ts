// Whether a run is alive: judged by its lock and by when it was last heard of, so that nothing dead looks alive.
import type { LockState } from "../../coordinator/records/run-lock.ts";
import { type StatusRecord, isFresh, isOver } from "../../shared/status-record.ts";

/**
 * `going`: heard of, or being prepared by a process that is there. `silent`: nothing says that it ended, but it has not
 * been heard of for a while. `over`: it said how it ended. `gone`: it has no process any more, and did not say.
 */
export type Life = "going" | "silent" | "over" | "gone";

/** A record, and when it was written by the folder's clock, ms since 1970. */
export interface StoredRecord {
  readonly record: StatusRecord;
  readonly writtenAt: number;
}

export interface Evidence {
  readonly lock: LockState;
  /** Read after the lock. */
  readonly stored: StoredRecord | null;
  /** When the newest step was written down; 0 when there is none. */
  readonly wroteAt: number;
  readonly now: number;
}

/** The lock decides where its process can be seen; elsewhere, when the run was last heard of. */
export function judge(evidence: Evidence): Life {
  const { lock, stored, now } = evidence;
  if (stored && isOver(stored.record) && isOfSession(lock, stored)) return "over";
  const heard = (): Life => (isFresh(lastHeard(evidence), now) ? "going" : "silent");
  switch (lock.kind) {
    case "free":
    case "dead":
      return "gone";
    case "held":
      return isOfSession(lock, stored) ? heard() : "going"; // it loads its data before it writes its first record
    case "elsewhere":
    case "unreadable":
      return heard();
    default:
      return lock satisfies never;
  }
}

/** Whether the record is of the session that has the lock, and not of an earlier one that was resumed. */
export function isOfSession(lock: LockState, stored: StoredRecord | null): boolean {
  return stored !== null && stored.writtenAt >= sinceOf(lock);
}

/** When the run last gave a sign of life, ms since 1970. */
export function lastHeard({ lock, stored, wroteAt }: Omit<Evidence, "now">): number {
  return Math.floor(Math.max(stored?.record.heartbeat ?? 0, wroteAt, sinceOf(lock)));
}

function sinceOf(lock: LockState): number {
  return "since" in lock ? lock.since : 0;
}
