// The sockets of a client library that opens one after the other, and forgets those it did not wait for any longer.
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

export interface OwnSockets {
  /** What `body` opens, at once or ever after (when it reconnects), belongs here. */
  within<T>(body: () => T): T;
  /** Destroys the last, too. */
  close(): void;
}

/** Node tells here of each socket that somebody connects. */
const CHANNEL = "net.client.socket";

/** Whose code is running: the innermost, where one client is opened from a callback of another. */
const OWNER = new AsyncLocalStorage<object>();

/**
 * Destroys each socket when the next is opened. The NATS client gives up an attempt to connect after a time-out, but
 * not its socket: a server that was stopped and goes on would find an open connection for each attempt, and the
 * process that made them could not end.
 */
export function ownSockets(): OwnSockets {
  const owner = {};
  let last: Socket | null = null;
  const onSocket = (message: unknown): void => {
    if (OWNER.getStore() !== owner) return;
    last?.destroy();
    last = (message as { readonly socket: Socket }).socket;
  };
  subscribe(CHANNEL, onSocket);
  return {
    within: (body) => OWNER.run(owner, body),
    close() {
      unsubscribe(CHANNEL, onSocket);
      last?.destroy();
      last = null;
    },
  };
}
