// Nodes of one process answer some at a time: encoding a large frame holds up its one thread, and with it what keeps
// the others' connections alive.
import { setImmediate } from "node:timers/promises";

/** Sends when it is this frame's turn; resolves or rejects as `send` does. */
export type Turns = (sizeBytes: number, send: () => Promise<void>) => Promise<void>;

/** At most so many bytes are on their way at once, or one frame that is larger. */
export function createTurns(limitBytes: number): Turns {
  let underWayBytes = 0;
  let waiting: (() => void)[] = [];
  return async (sizeBytes, send) => {
    const mustWait = (): boolean => underWayBytes > 0 && underWayBytes + sizeBytes > limitBytes;
    while (mustWait()) await new Promise<void>((resolve) => waiting.push(resolve));
    underWayBytes += sizeBytes;
    try {
      await setImmediate(); // sockets are read and pings answered in between
      await send();
    } finally {
      underWayBytes -= sizeBytes;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    }
  };
}
