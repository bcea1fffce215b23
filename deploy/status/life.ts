// Whether a run lives: judged from its lock and from when it was last heard of, so that nothing dead looks alive.
import type { LockState } from "../../coordinator/records/run-lock.ts";
import { type StatusRecord, isFresh, isOver } from "../../shared/status-record.ts";

/**
 * `going`: heard of, or being prepared by a process that is there. `silent`: nothing says that it ended, but it has not
 * been heard of for a while. `over`: it told how it ended. `gone`: it has no process any more, and did not tell.
 */
export type Life = "going" | "silent" | "over" | "gone";

/** A record, and when it was written by the folder's clock, ms since 1970. */
export interface Told {
  readonly record: StatusRecord;
  readonly writtenAt: number;
}

export interface Evidence {
  readonly lock: LockState;
  /** Read after the lock. */
  readonly told: Told | null;
  /** When the newest step was written down; 0 when there is none. */
  readonly wroteAt: number;
  readonly now: number;
}

/** The lock decides where its process can be seen, and elsewhere what was heard of it. */
export function judge(evidence: Evidence): Life {
  const { lock, told, now } = evidence;
  if (told && isOver(told.record) && speaksOf(lock, told)) return "over";
  const heard = (): Life => (isFresh(lastHeard(evidence), now) ? "going" : "silent");
  switch (lock.kind) {
    case "free":
    case "dead":
      return "gone";
    case "held":
      return speaksOf(lock, told) ? heard() : "going"; // before its first word it loads its data
    case "elsewhere":
    case "unreadable":
      return heard();
    default:
      return lock satisfies never;
  }
}

/** Whether the record is of the session that has the lock, and not of one before that was resumed. */
export function speaksOf(lock: LockState, told: Told | null): boolean {
  return told !== null && told.writtenAt >= sinceOf(lock);
}

/** When the run last gave a sign of life, ms since 1970. */
export function lastHeard({ lock, told, wroteAt }: Omit<Evidence, "now">): number {
  return Math.floor(Math.max(told?.record.heartbeat ?? 0, wroteAt, sinceOf(lock)));
}

function sinceOf(lock: LockState): number {
  return "since" in lock ? lock.since : 0;
}
