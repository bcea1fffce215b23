// Packets past the NATS library: it connects, logs in, subscribes and keeps alive; its socket is ours for packets.
import type { Socket } from "node:net";
import type { NatsConnection } from "nats";
import { type Diverted, Splitter } from "./nats-splitter.ts";

export interface Shortcut {
  /** Messages of this subscription go to `hear`; those with headers, or nothing in them, still go the library's way. */
  divert(subscription: number, hear: Diverted): void;
  /** Hands a message to the socket, as it is: its bytes must not change until they are written. */
  publish(subject: string, payload: Uint8Array): void;
}

/** Where the library keeps its socket, which with TLS is not the one that it opened first. */
interface Inside {
  readonly protocol: { readonly transport: { readonly socket: Socket } };
}

const LINE_END = Buffer.from("\r\n");

/** Of an open connection, before anything is subscribed to. */
export function openShortcut(nats: NatsConnection): Shortcut {
  const { socket } = (nats as unknown as Inside).protocol.transport;
  const listeners = socket.listeners("data");
  const splitter = new Splitter((bytes) => {
    for (const listener of listeners) Reflect.apply(listener, socket, [bytes]);
  });
  socket.removeAllListeners("data");
  socket.on("data", (bytes: Buffer) => splitter.feed(bytes));
  let corked = false;
  return {
    divert: (subscription, hear) => splitter.divert(subscription, hear),
    publish(subject, payload) {
      if (!corked) {
        corked = true;
        socket.cork(); // what is published in one turn goes out in one call
        process.nextTick(() => {
          corked = false;
          socket.uncork();
        });
      }
      socket.write(Buffer.from(`PUB ${subject} ${payload.length}\r\n`, "latin1"));
      socket.write(payload);
      socket.write(LINE_END);
    },
  };
}
