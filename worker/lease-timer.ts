// The node's timer of a lease: once the deadline is past, the coordinator has given the work to another node.

/** How long a thread may still need for what it is at: less than this is slow, more is a call that never returns. */
const LEAST_GRACE_MS = 60_000;

export interface LeaseTimerOptions {
  readonly deadlineMs: number;
  /** The time is up. */
  readonly late: () => void;
  /** As long again, and at least a minute, has passed, after so many milliseconds in all. */
  readonly stuck: (elapsedMs: number) => void;
}

/** Starts the timer; returns what ends it. */
export function startLeaseTimer({ deadlineMs, late, stuck }: LeaseTimerOptions): () => void {
  const graceMs = Math.max(LEAST_GRACE_MS, deadlineMs);
  let timer = setTimeout(() => {
    late();
    timer = setTimeout(() => stuck(deadlineMs + graceMs), graceMs).unref();
  }, deadlineMs).unref();
  return () => clearTimeout(timer);
}
