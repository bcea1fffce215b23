// Some of many jobs at a time, in the order in which they come.
import { availableParallelism } from "node:os";

/**
 * Runs `job` for every item, at most `most` at a time; by default enough that every core has one while others
 * are read and written, which takes several turns of the event loop each.
 *
 * @throws what the items or a job throws first, after the jobs that run have ended
 */
export async function concurrently<Item>(
  items: AsyncIterable<Item>,
  job: (item: Item) => Promise<void>,
  most = 2 * availableParallelism() + 4,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly cause: unknown } | null = null;
  try {
    for await (const item of items) {
      const run: Promise<void> = job(item)
        .catch((cause: unknown) => void (failure ??= { cause }))
        .finally(() => running.delete(run));
      running.add(run);
      if (running.size >= most) await Promise.race(running);
      if (failure) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failure) throw (failure as { readonly cause: unknown }).cause;
}
