// The in-process transport: messages and bodies are handed over by reference, nothing is serialized.
//
// A body may be a view over a SharedArrayBuffer; the receiver reads the sender's own memory until it releases it. Vectors of
// both ends lie in one memory, so that the kernels of either reach the other's without a copy.
// The queue of a connection has no bound in messages: bodies are bounded by their senders, who wait for the release,
// and the rest by the leases. `sentBytes` and `receivedBytes` count body bytes.
import { GanglionError } from "../errors.ts";
import { assertReceivable } from "../protocol/own-message.ts";
import { createCounters, type Counters } from "./counters.ts";
import { type OwnFaults, watchOwnFaults } from "./own-faults.ts";
import { VectorMemory } from "../simd/vector-memory.ts";
import { createQueue } from "./queue.ts";
import type { Connection, Envelope, Hub } from "./transport.ts";

export interface MemoryHub extends Hub {
  /**
   * The node's end of a new connection; `name` is the peer that the coordinator sees.
   *
   * @throws GanglionError TRANSPORT once the hub is closed
   */
  connect(name: string): Connection;
}

export function createMemoryHub(): MemoryHub {
  const address = "memory:";
  const counters = createCounters();
  const lines = new Set<Line>();
  const arrivals = createQueue<Connection>({ name: `connections() of ${address}` });
  const { defect, watch } = watchOwnFaults();
  let memory: VectorMemory | null | undefined; // opened when somebody asks for it
  let closed = false;
  const vectors = (): VectorMemory | undefined => {
    if (memory === undefined && !closed) memory = VectorMemory.open();
    return memory ?? undefined;
  };

  return {
    address,
    inPlace: true,
    get vectors() {
      return vectors();
    },
    defect,
    connect(name) {
      if (closed) {
        throw new GanglionError(
          "TRANSPORT",
          `${name} cannot join, the coordinator in this process has closed`,
        );
      }
      const line = createLine({ name, address, counters, watch, vectors, onClose: () => lines.delete(line) });
      lines.add(line);
      arrivals.push(line.near);
      return line.far;
    },
    connections: () => arrivals.iterate(),
    async broadcast(message, body, to = () => true) {
      watch(() => assertReceivable(message));
      // Now `send` rejects only on a line that is closed, and a connection that breaks is skipped.
      const picked = [...lines].filter(({ near }) => to(near));
      await Promise.allSettled(picked.map(({ near }) => near.send(message, body)));
    },
    status: () => counters.status(!closed),
    async close(reason = "the coordinator closed") {
      closed = true;
      memory = null; // whoever still computes in it holds it
      arrivals.end();
      await Promise.all([...lines].map((line) => line.near.close(reason)));
    },
  };
}

/** Both ends of a connection: `near` is the coordinator's, `far` the node's. */
interface Line {
  readonly near: Connection;
  readonly far: Connection;
}

interface LineOptions {
  readonly name: string;
  readonly address: string;
  readonly counters: Counters;
  /** Of the hub, for what the coordinator sends. */
  readonly watch: OwnFaults["watch"];
  readonly vectors: () => VectorMemory | undefined;
  readonly onClose: () => void;
}

function createLine({ name, address, counters, watch, vectors, onClose }: LineOptions): Line {
  const toNear = createInbox(name, createCounters(counters));
  const toFar = createInbox(address, createCounters());
  let reason: string | null = null;
  let announce: (reason: string) => void;
  const closed = new Promise<string>((resolve) => {
    announce = resolve;
  });

  function close(why: string): void {
    if (reason !== null) return;
    reason = why;
    toNear.end();
    toFar.end();
    onClose();
    announce(why);
  }

  function createEnd(peer: string, own: Inbox, other: Inbox, check = assertReceivable): Connection {
    return {
      peer,
      closed,
      async send(message, body) {
        if (reason !== null) {
          throw new GanglionError(
            "TRANSPORT",
            `cannot send ${message.type} to ${peer}, it is closed: ${reason}`,
          );
        }
        check(message);
        own.counters.sent(body?.byteLength ?? 0);
        await other.deliver(message, body ?? null);
      },
      receive: () => own.receive(),
      status: () => own.counters.status(reason === null),
      async close(why = "closed") {
        close(why);
      },
    };
  }
  const near = createEnd(name, toNear, toFar, (message) => watch(() => assertReceivable(message)));
  const far: Connection = {
    ...createEnd(address, toFar, toNear),
    get vectors() {
      return vectors();
    },
  };
  return { near, far };
}

/** Where one end receives. */
interface Inbox {
  readonly counters: Counters;
  /** Resolves when the body may be reused: released, never to be read, or the connection closed. */
  deliver(message: Envelope["message"], body: Envelope["body"]): Promise<void>;
  receive(): AsyncIterable<Envelope>;
  end(): void;
}

function createInbox(peer: string, counters: Counters): Inbox {
  const borrowed = new Set<() => void>();
  const queue = createQueue<Envelope>({ name: `receive() from ${peer}`, onUnread: discard });

  function discard(envelope: Envelope): void {
    counters.rejected("unread");
    envelope.release();
  }

  return {
    counters,
    async deliver(message, body) {
      counters.received(body?.byteLength ?? 0);
      if (body === null) {
        const envelope: Envelope = { message, body, release() {} };
        if (!queue.push(envelope)) discard(envelope);
        return;
      }
      await new Promise<void>((resolve) => {
        const release = (): void => {
          borrowed.delete(release);
          resolve();
        };
        borrowed.add(release);
        const envelope: Envelope = { message, body, release };
        if (!queue.push(envelope)) discard(envelope);
      });
    },
    receive: () => queue.iterate(),
    end() {
      queue.end();
      for (const release of borrowed) release();
    },
  };
}
