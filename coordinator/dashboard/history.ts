// Numbers every event of a run and remembers the newest, so that a dashboard client may come late or come back.
//
// What is remembered is bounded in events and in bytes. A `workers` event holds every node, and the next replaces it:
// old ones are dropped early, and do not count as missed.
import { messageOf } from "../../shared/errors.ts";
import type { NumberedEvent, RunEvent } from "./events.ts";

/** Whether the newest of its type is never forgotten: together these are the state that a fresh client must see. */
const ALWAYS_KEPT: Readonly<Record<RunEvent["type"], boolean>> = {
  run: true,
  compiled: false,
  step: false,
  workers: true,
  samples: true,
  checkpoint: true,
  evaluation: false,
  control: false,
  warning: false,
};

/** Of all events together; the newest is kept whatever its size. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Of all `workers` events but the newest. */
const MAX_WORKERS_BYTES = 1024 * 1024;

interface Remembered {
  readonly event: NumberedEvent;
  readonly sizeBytes: number;
}

export class EventHistory {
  readonly #capacity: number;
  readonly #maxBytes: number;
  /** By id, ascending; without those that were let go of before their time. */
  readonly #events = new Map<number, Remembered>();
  readonly #kept = new Map<RunEvent["type"], NumberedEvent>();
  readonly #listeners = new Set<(event: NumberedEvent) => void>();
  /** Ids of the `workers` events that are remembered. */
  #workers: number[] = [];
  #workersBytes = 0;
  #sizeBytes = 0;
  #newest = 0;
  #oldest = 1;

  /**
   * `capacity`: how many events are remembered, `maxBytes`: about how much memory they have; besides the newest of each
   * kind in `ALWAYS_KEPT`.
   */
  constructor({
    capacity = 10_000,
    maxBytes = MAX_BYTES,
  }: { readonly capacity?: number; readonly maxBytes?: number } = {}) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`an event history of ${capacity} events: the capacity must be a positive integer`);
    this.#capacity = capacity;
    this.#maxBytes = maxBytes;
  }

  /** Id of the newest event; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** From this id on every event is remembered, or replaced by a later one; of older ones only some of `ALWAYS_KEPT`. */
  get oldest(): number {
    return this.#oldest;
  }

  /**
   * Numbers, dates and remembers an event, then tells the listeners, before it returns. The event belongs to
   * the history from here on: do not change it. Never throws on account of a listener: one that throws is
   * removed, and a warning event says so.
   */
  publish(event: RunEvent): NumberedEvent {
    const id = ++this.#newest;
    const numbered: NumberedEvent = { ...event, id, time: new Date().toISOString() };
    this.#remember(numbered);
    if (ALWAYS_KEPT[event.type]) this.#kept.set(event.type, numbered);
    const failures: string[] = [];
    for (const listener of this.#listeners) {
      try {
        listener(numbered);
      } catch (error) {
        this.#listeners.delete(listener);
        failures.push(messageOf(error));
      }
    }
    for (const failure of failures)
      this.publish({
        type: "warning",
        code: "LISTENER",
        message: `an event listener failed and was removed: ${failure}`,
      });
    return numbered;
  }

  /**
   * The remembered events after `id`, in order, and how many after `id` were forgotten. An `id` beyond the
   * newest was given by another history (the coordinator was restarted): it counts as 0.
   */
  since(id: number): { readonly events: readonly NumberedEvent[]; readonly missed: number } {
    const after = id > this.#newest ? 0 : id;
    const { oldest } = this;
    const events = [...this.#kept.values()]
      .filter((event) => event.id > after && event.id < oldest)
      .sort((a, b) => a.id - b.id);
    const older = Math.max(0, oldest - 1 - after);
    const missed = older - events.length;
    for (let next = Math.max(after + 1, oldest); next <= this.#newest; next++) {
      const remembered = this.#events.get(next);
      if (remembered) events.push(remembered.event);
    }
    return { events, missed };
  }

  /** The newest run event, which says what the run is and in which state; undefined before the first. */
  latestRun(): Extract<NumberedEvent, { type: "run" }> | undefined {
    const event = this.#kept.get("run");
    return event?.type === "run" ? event : undefined;
  }

  /** Calls `listener` with every event from now on, until the returned function is called. It must not publish. */
  subscribe(listener: (event: NumberedEvent) => void): () => void {
    const own = (event: NumberedEvent): void => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  #remember(event: NumberedEvent): void {
    const sizeBytes = sizeOf(event);
    this.#events.set(event.id, { event, sizeBytes });
    this.#sizeBytes += sizeBytes;
    if (event.type === "workers") {
      while (this.#workersBytes > MAX_WORKERS_BYTES) this.#forget(this.#workers[0]);
      this.#workers.push(event.id);
      this.#workersBytes += sizeBytes;
    }
    const tooMuch = (): boolean =>
      event.id - this.#oldest >= this.#capacity || this.#sizeBytes > this.#maxBytes;
    while (this.#oldest < event.id && tooMuch()) this.#forget(this.#oldest++);
  }

  #forget(id: number): void {
    const remembered = this.#events.get(id);
    if (!remembered) return; // before its time
    const { event, sizeBytes } = remembered;
    this.#events.delete(id);
    this.#sizeBytes -= sizeBytes;
    if (event.type !== "workers") return;
    this.#workers.shift(); // the oldest is forgotten first
    this.#workersBytes -= sizeBytes;
  }
}

/** About what a value of an event takes of memory, in bytes. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return 24 + value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce((sum: number, each) => sum + 8 + sizeOf(each), 32);
}
