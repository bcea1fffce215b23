// The sockets that a library opens, to be closed where it does not close them itself.
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

export interface OwnSockets {
  /** What `body` opens, at once or later, belongs here. */
  within<T>(body: () => T): T;
  /** Destroys them. */
  close(): void;
}

/** Node tells here of each socket that somebody connects. */
const CHANNEL = "net.client.socket";

/** Whose code is running: the innermost, where one is used in a callback of another. */
const OWNER = new AsyncLocalStorage<object>();

/**
 * The NATS client gives up an attempt to connect after a time-out, but not its socket: a server that was stopped and
 * goes on would find an open connection for each attempt, and the process that made them could not end.
 */
export function ownSockets(): OwnSockets {
  const owner = {};
  const opened = new Set<Socket>();
  const onSocket = (message: unknown): void => {
    if (OWNER.getStore() === owner) opened.add((message as { readonly socket: Socket }).socket);
  };
  subscribe(CHANNEL, onSocket);
  return {
    within: (body) => OWNER.run(owner, body),
    close() {
      unsubscribe(CHANNEL, onSocket);
      for (const socket of opened) socket.destroy();
      opened.clear();
    },
  };
}
