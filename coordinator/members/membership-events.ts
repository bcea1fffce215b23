// Publishes who takes part as it changes: at once in a run of few nodes, at a bounded rate where many come and go.
import type { NodeView, RunEvent } from "../dashboard/events.ts";

/** Up to so many nodes every change is published; an event with more is long, and nobody reads each. */
const FEW = 32;

export class MembershipEvents {
  readonly #publish: (event: RunEvent) => void;
  #newest: readonly NodeView[] | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(publish: (event: RunEvent) => void) {
    this.#publish = publish;
  }

  /** Publishes the nodes now, or later the newest: events are as many milliseconds apart as they have nodes. */
  changed(nodes: readonly NodeView[]): void {
    if (this.#timer && nodes.length > FEW) {
      this.#newest = nodes;
      return;
    }
    this.#newest = null;
    this.#publish({ type: "workers", nodes });
    if (this.#timer || nodes.length <= FEW) return;
    this.#timer = setTimeout(() => this.flush(), nodes.length).unref();
  }

  /** Publishes what has not been published yet. */
  flush(): void {
    const nodes = this.#newest;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (nodes) this.changed(nodes);
  }
}
