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
    const { code, message } = event;
    this.add({
      code,
      message: message.slice(0, MOST_LENGTH),
      firstStep: this.#step,
      lastStep: this.#step,
      times: 1,
    });
  }

  /** One that was counted elsewhere takes the place of what is known of it where `isWhole`. */
  add(warning: DigestedWarning, isWhole = false): void {
    const key = alikeKey(warning);
    const earlier = isWhole ? undefined : this.#warnings.get(key);
    this.#warnings.delete(key);
    this.#warnings.set(key, {
      ...warning,
      firstStep: earlier?.firstStep ?? warning.firstStep,
      times: warning.times + (earlier?.times ?? 0),
    });
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
