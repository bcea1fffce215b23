// The time that nodes are given, which stands still while nothing can reach them or come from them.

/** How often the clock is to be read: an absence that is shorter may count as time. */
export const READ_EVERY_MS = 1000;

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
    if (reachable && wasReachable) passedMs += at - readAt;
    [readAt, wasReachable] = [at, reachable];
    return passedMs;
  };
}
