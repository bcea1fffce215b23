// The time that nodes are given, which stands still while nothing can reach them or come from them, and while the
// coordinator is stopped.

/** How often the clock is to be read: an absence that is shorter may count as time. */
export const READ_EVERY_MS = 1000;
/** What passed between two readings counts as no more: the coordinator itself stood still, and could not hear. */
const LONGEST_GAP_MS = 2 * READ_EVERY_MS;

/**
 * A clock in milliseconds, for deadlines of what is on its way: from one reading to the next no time passes where nodes
 * cannot be reached at either. Whoever makes it reads it every `READ_EVERY_MS`.
 *
 * A broker that is away is no node's delay: what is leased waits for it, and the transport tells of it, once.
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
