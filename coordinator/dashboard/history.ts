// Numbers every event of a run and remembers the newest, so that a dashboard client may come late or come back.
import { messageOf } from "../../shared/errors.ts";
import type { NumberedEvent, RunEvent } from "./events.ts";

/** The newest of each of these is never forgotten: together they are the state that a fresh client must see. */
const ALWAYS_KEPT: ReadonlySet<RunEvent["type"]> = new Set(["run", "workers", "samples", "checkpoint"]);

export class EventHistory {
  readonly #capacity: number;
  /** Event `id` lies at `(id - 1) % capacity`: ids have no gaps. */
  readonly #ring: NumberedEvent[] = [];
  readonly #kept = new Map<RunEvent["type"], NumberedEvent>();
  readonly #listeners = new Set<(event: NumberedEvent) => void>();
  #newest = 0;

  /** `capacity`: how many events are remembered, beside the newest of each kind in `ALWAYS_KEPT`. */
  constructor({ capacity = 10_000 }: { readonly capacity?: number } = {}) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`an event history of ${capacity} events: the capacity must be a positive integer`);
    this.#capacity = capacity;
  }

  /** Id of the newest event; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** From this id on every event is remembered; of older ones only some of `ALWAYS_KEPT`. */
  get oldest(): number {
    return Math.max(1, this.#newest - this.#capacity + 1);
  }

  /**
   * Numbers, dates and remembers an event, then tells the listeners, before it returns. The event belongs to
   * the history from here on: do not change it. Never throws on account of a listener: one that throws is
   * removed, and a warning event says so.
   */
  publish(event: RunEvent): NumberedEvent {
    const id = ++this.#newest;
    const numbered: NumberedEvent = { ...event, id, time: new Date().toISOString() };
    this.#ring[(id - 1) % this.#capacity] = numbered;
    if (ALWAYS_KEPT.has(event.type)) this.#kept.set(event.type, numbered);
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
    for (let next = Math.max(after + 1, oldest); next <= this.#newest; next++)
      events.push(this.#ring[(next - 1) % this.#capacity]);
    return { events, missed: this.#newest - after - events.length };
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
}
