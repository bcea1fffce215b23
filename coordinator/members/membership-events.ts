// Who takes part, as it changes: at once in a run of few nodes, at a bounded pace where many come and go.
import type { NodeView, RunEvent } from "../dashboard/events.ts";

/** So many are told of at every change; of more a telling is long, and nobody reads each. */
const FEW = 32;

export class MembershipEvents {
  readonly #publish: (event: RunEvent) => void;
  #newest: readonly NodeView[] | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(publish: (event: RunEvent) => void) {
    this.#publish = publish;
  }

  /** Tells of it now, or with what comes until the last telling was a millisecond ago for each node in it. */
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

  /** Tells what was not told yet. */
  flush(): void {
    const nodes = this.#newest;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (nodes) this.changed(nodes);
  }
}
