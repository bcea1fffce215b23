// An unbounded queue that is filled by pushing and emptied by one `for await`: what every transport receives through.
import { GanglionError } from "../errors.ts";

export interface Queue<T> {
  /** Appends; false when nobody will read it, because the queue ended or its reader went away. */
  push(item: T): boolean;
  /** No more items: the reader gets what is queued, then the end. Items pushed later are refused. */
  end(): void;
  /** The items in order, once. The reader runs in a later microtask than the push, never inside it. */
  iterate(): AsyncIterable<T>;
}

export interface QueueOptions<T> {
  /** What is queued, for the message when it is iterated twice. */
  readonly name: string;
  /** Called when an item leaves the queue, read or not. */
  readonly onLeave?: (item: T) => void;
  /** Called for what was queued when the reader stopped early. */
  readonly onUnread?: (item: T) => void;
}

/** A queue without a bound: who fills it must be slowed down elsewhere (sockets pause, leases limit the rest). */
export function createQueue<T>(options: QueueOptions<T>): Queue<T> {
  const items: T[] = [];
  const waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  let ended = false;
  let iterated = false;

  function end(): void {
    ended = true;
    for (const resolve of waiting.splice(0)) resolve({ done: true, value: undefined });
  }

  const iterator: AsyncIterator<T, undefined> = {
    next: () =>
      new Promise((resolve) => {
        if (items.length > 0) {
          const item = items.shift() as T;
          options.onLeave?.(item);
          resolve({ done: false, value: item });
        } else if (ended) resolve({ done: true, value: undefined });
        else waiting.push(resolve);
      }),
    return: async () => {
      end();
      for (const item of items.splice(0)) {
        options.onLeave?.(item);
        options.onUnread?.(item);
      }
      return { done: true, value: undefined };
    },
  };

  return {
    end,
    push(item) {
      if (ended) return false;
      const resolve = waiting.shift();
      if (resolve) {
        options.onLeave?.(item);
        resolve({ done: false, value: item });
      } else items.push(item);
      return true;
    },
    iterate: () => ({
      [Symbol.asyncIterator]() {
        if (iterated) {
          throw new GanglionError(
            "TRANSPORT",
            `${options.name} is already being read: iterate it in one place only`,
          );
        }
        iterated = true;
        return iterator;
      },
    }),
  };
}
