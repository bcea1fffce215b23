// Limits how often warnings are given: what repeats is counted instead, so that neither people nor memory are flooded.
import type { Log } from "../../shared/log.ts";
import type { RunEvent } from "../dashboard/events.ts";

export interface WarningsOptions {
  readonly log: Log;
  readonly publish: (event: RunEvent) => void;
}

/** Warnings given in one interval that differ in numbers only: a cluster's nodes are mostly numbered. */
const MOST_ALIKE = 10;
/** Warnings of one code given in one interval. */
const MOST_OF_CODE = 100;
const INTERVAL_MS = 10_000;

interface Heard {
  readonly code: string;
  last: string;
  said: number;
  more: number;
}

/**
 * Gives a warning at once, and the same again after ten seconds at the earliest: then with how many more there were, and
 * the last of them.
 */
export class Warnings {
  readonly #options: WarningsOptions;
  readonly #same = new Map<string, Heard>();
  readonly #alike = new Map<string, Heard>();
  readonly #ofCode = new Map<string, Heard>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: WarningsOptions) {
    this.#options = options;
  }

  warn(code: string, message: string): void {
    this.#timer ??= setTimeout(() => this.flush(), INTERVAL_MS).unref();
    const ofCode = heardOf(this.#ofCode, code, code);
    if (ofCode.said >= MOST_OF_CODE) return suppress(ofCode, message);
    const same = heardOf(this.#same, `${code} ${message}`, code);
    if (same.said > 0) return suppress(same, message);
    const alike = heardOf(this.#alike, `${code} ${message.replaceAll(/\d+/g, "0")}`, code);
    if (alike.said >= MOST_ALIKE) return suppress(alike, message);
    for (const heard of [ofCode, same, alike]) heard.said++;
    this.#say(code, message);
  }

  /** Ends an interval: gives the number of those that were held back. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const unsaid = [this.#same, this.#alike, this.#ofCode].flatMap((kinds) => [...kinds.values()]);
    for (const kinds of [this.#same, this.#alike, this.#ofCode]) kinds.clear();
    for (const { code, last, more } of unsaid)
      if (more > 0)
        this.#say(code, `${last} (the last of ${more} more like it within ${INTERVAL_MS / 1000} s)`);
  }

  #say(code: string, message: string): void {
    this.#options.log.warn({ code }, message);
    this.#options.publish({ type: "warning", code, message });
  }
}

function heardOf(kinds: Map<string, Heard>, key: string, code: string): Heard {
  let heard = kinds.get(key);
  if (!heard) kinds.set(key, (heard = { code, last: "", said: 0, more: 0 }));
  return heard;
}

function suppress(heard: Heard, message: string): void {
  heard.last = message;
  heard.more++;
}
