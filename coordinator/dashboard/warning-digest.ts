// The warnings of a run, each once: since which step, until which, how often.
import { alikeKey } from "../../shared/alike.ts";
import type { NumberedEvent } from "./events.ts";

export interface DigestedWarning {
  readonly code: string;
  /** As it was told last. */
  readonly message: string;
  /** Steps that were done when it was told first, and last. */
  readonly firstStep: number;
  readonly lastStep: number;
  readonly times: number;
}

/** The least recent is forgotten first. */
const MOST = 1000;
const MOST_LENGTH = 4000;

/** Those that differ in numbers only are one. */
export class WarningDigest {
  /** Most recent last. */
  readonly #warnings = new Map<string, DigestedWarning>();
  #step = 0;

  observe(event: NumberedEvent): void {
    if (event.type === "step") this.#step = event.step;
    if (event.type !== "warning") return;
    const { code } = event;
    const message = event.message.slice(0, MOST_LENGTH);
    const earlier = this.#warnings.get(alikeKey({ code, message }));
    const firstStep = earlier?.firstStep ?? this.#step;
    this.replace({ code, message, firstStep, lastStep: this.#step, times: 1 + (earlier?.times ?? 0) });
  }

  /** Takes the place of what is known of the same warning: it was counted elsewhere. */
  replace(warning: DigestedWarning): void {
    const key = alikeKey(warning);
    this.#warnings.delete(key);
    this.#warnings.set(key, warning);
    for (const [oldest] of this.#warnings) {
      if (this.#warnings.size <= MOST) return;
      this.#warnings.delete(oldest);
    }
  }

  /** Newest first. */
  list(): DigestedWarning[] {
    return [...this.#warnings.values()].reverse();
  }
}
