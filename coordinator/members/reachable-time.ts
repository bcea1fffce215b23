// The clock for leases: it stands still while nodes cannot be reached, and while the coordinator's process is suspended.

/** How often the clock has to be read: time without a connection that is shorter may count. */
export const READ_EVERY_MS = 1000;
/** The most that counts between two readings: beyond it the coordinator itself stood still, and could not receive. */
const LONGEST_GAP_MS = 2 * READ_EVERY_MS;

/**
 * A clock in milliseconds, for the deadlines of leases: no time passes between two readings unless nodes can be reached at
 * both. Whoever makes it reads it every `READ_EVERY_MS`.
 *
 * An unreachable broker is no node's delay: leases wait for it, and the transport warns of it, once.
 */
export function reachableTime(
  isReachable: () => boolean,
  now: () => number = () => performance.now(),
): () => number {
  let readAt = now();
  let wasReachable = true;
  let passedMs = 0;
  return () => {
    const at = now();
    const reachable = isReachable();
    if (reachable && wasReachable) passedMs += Math.min(at - readAt, LONGEST_GAP_MS);
    [readAt, wasReachable] = [at, reachable];
    return passedMs;
  };
}
