// Sends the events to every client as fast as it reads, at a bounded cost to the training in the same process.
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { NumberedEvent } from "./events.ts";
import type { EventHistory } from "./history.ts";

/**
 * Sent before other events, without an id, when what a client asked for is not whole: `missed` events after its
 * `since` were forgotten, or its `since` is of another run of the coordinator (then everything kept follows).
 * From `oldest` on every event is remembered; `newest` is the last one so far. The client's next `since` is
 * the id of the last event after this record, even if that is smaller than before.
 */
export interface GapRecord {
  readonly type: "gap";
  readonly missed: number;
  readonly oldest: number;
  readonly newest: number;
}

export interface ClientCounts {
  /** Step events skipped for clients that were late; they got a newer one. */
  coalesced: number;
  /** Clients closed because they neither read nor answered between two heartbeats. */
  stalled: number;
  /** Clients closed because they sent messages, or too many pings and pongs. */
  talkative: number;
  /** Connections that broke, or sent what is no WebSocket frame. */
  broken: number;
}

/** A client whose unsent bytes reach this gets no more until they are gone. */
const MAX_BUFFERED_BYTES = 1 << 20;
/** A client with more events than this before it gets only the newest of the step events since it connected. */
const LATE_EVENTS = 1000;
/** Events for one client before the next one is served. */
const EVENTS_AT_ONCE = 100;
/** All clients together take at most 5 ms of every 25 ms from the training. */
const FLUSH_BUDGET_MS = 5;
const FLUSH_PAUSE_MS = 20;
/** Time for the last events when the server closes. */
const LAST_FLUSH_MS = 100;
/** Pings and pongs that a client may send between two heartbeats. */
const MAX_CONTROL_FRAMES = 20;

interface Client {
  readonly socket: WebSocket;
  /** The TCP connection: corked while several events are written, and it says when they are gone. */
  readonly stream: Duplex;
  /** Up to here the client asked for history, so nothing is skipped. */
  readonly backfillEnd: number;
  /** Id of the newest event that was sent to it or skipped. */
  cursor: number;
  /** Its `since` was of another history. */
  isForeign: boolean;
  isFull: boolean;
  isAlive: boolean;
  controlFrames: number;
}

/**
 * The queue of every client is the history itself: a client costs a cursor and at most `MAX_BUFFERED_BYTES`
 * of bytes shared with the others. `publish` only starts a timer.
 */
export class Clients {
  readonly counts: ClientCounts = { coalesced: 0, stalled: 0, talkative: 0, broken: 0 };
  readonly #history: EventHistory;
  readonly #clients = new Set<Client>();
  readonly #encoded = new WeakMap<NumberedEvent, Buffer>();
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(history: EventHistory) {
    this.#history = history;
    this.#unsubscribe = history.subscribe(() => this.#schedule());
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Takes over an open socket: sends what is kept after `since`, then every event as it comes. */
  add(socket: WebSocket, stream: Duplex, since: number): void {
    const isForeign = since > this.#history.newest;
    const client: Client = {
      socket,
      stream,
      backfillEnd: this.#history.newest,
      cursor: isForeign ? 0 : since,
      isForeign,
      isFull: false,
      isAlive: true,
      controlFrames: 0,
    };
    this.#clients.add(client);
    socket.on("close", () => this.#clients.delete(client));
    socket.on("error", () => {
      this.counts.broken++;
      socket.terminate();
    });
    socket.on("message", () => {
      this.counts.talkative++;
      if (socket.readyState === socket.OPEN) socket.close(1008, "this socket is read-only");
      else socket.terminate();
    });
    socket.on("ping", () => this.#countControlFrame(client));
    socket.on("pong", () => {
      client.isAlive ||= !client.isFull;
      this.#countControlFrame(client);
    });
    stream.on("drain", () => {
      client.isAlive = true;
      client.isFull = false;
      this.#schedule();
    });
    this.#schedule();
  }

  /** Closes who neither read nor answered since the last call, and pings the others. */
  beat(): void {
    for (const client of this.#clients) {
      if (!client.isAlive) {
        this.counts.stalled++;
        client.socket.terminate();
        continue;
      }
      client.isAlive = false;
      client.controlFrames = 0;
      client.socket.ping();
    }
  }

  /** Sends what is left to clients that can take it, and closes all sockets; the caller destroys those that stay open. */
  close(): void {
    this.#unsubscribe();
    this.#flush(LAST_FLUSH_MS);
    clearTimeout(this.#timer);
    for (const { socket } of this.#clients) socket.close(1001, "the coordinator is closing");
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#flush(FLUSH_BUDGET_MS), FLUSH_PAUSE_MS).unref();
  }

  #flush(budgetMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const end = performance.now() + budgetMs;
    for (const client of this.#clients) {
      if (!this.#isBehind(client)) continue;
      if (performance.now() > end) {
        this.#schedule();
        return;
      }
      // To the end of the set: the loop comes back to it when all others have been served.
      this.#clients.delete(client);
      this.#clients.add(client);
      client.stream.cork();
      this.#send(client);
      client.stream.uncork();
    }
  }

  #isBehind({ socket, cursor, isFull, isForeign }: Client): boolean {
    if (isFull || socket.readyState !== socket.OPEN) return false;
    return isForeign || cursor < this.#history.newest;
  }

  /** What one client gets before the next one is served. */
  #send(client: Client): void {
    const { oldest, newest } = this.#history;
    const { events, missed } = this.#history.since(client.cursor);
    if (missed > 0 || client.isForeign) {
      const gap: GapRecord = { type: "gap", missed, oldest, newest };
      client.socket.send(JSON.stringify(gap));
      client.isForeign = false;
    }
    const isLate = newest - client.cursor > LATE_EVENTS;
    const newestStep = isLate ? events.findLast(({ type }) => type === "step") : undefined;
    let sent = 0;
    for (const event of events) {
      client.isFull = client.socket.bufferedAmount >= MAX_BUFFERED_BYTES;
      if (client.isFull || sent >= EVENTS_AT_ONCE) break;
      client.cursor = event.id;
      if (isLate && event.type === "step" && event !== newestStep && event.id > client.backfillEnd) {
        this.counts.coalesced++;
        continue;
      }
      client.socket.send(this.#encode(event), { binary: false });
      sent++;
    }
  }

  /** Once for all clients. JSON knows no NaN or infinity: they arrive as null. */
  #encode(event: NumberedEvent): Buffer {
    let bytes = this.#encoded.get(event);
    if (!bytes) {
      bytes = Buffer.from(JSON.stringify(event));
      this.#encoded.set(event, bytes);
    }
    return bytes;
  }

  #countControlFrame(client: Client): void {
    if (++client.controlFrames <= MAX_CONTROL_FRAMES) return;
    this.counts.talkative++;
    client.socket.terminate();
  }
}
