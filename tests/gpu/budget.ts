// How long each part of the check may take, so that all of them together end in time.
import { GanglionError } from "../../shared/errors.ts";
import type { Part } from "./settings.ts";

/** What each part may take of the whole; what one leaves, the next has. */
const SHARES: Readonly<Record<Part, number>> = { doctor: 0.16, agreement: 0.4, speed: 0.44 };

export interface PartBudget {
  readonly part: Part;
  readonly seconds: number;
  /** On `performance.now()`'s clock. */
  readonly endsAtMs: number;
}

/** The budgets of these parts, one after the other from `beganMs`; only those that are wanted share the time. */
export function budgetsOf(
  parts: readonly Part[],
  totalSeconds: number,
  beganMs: number,
): readonly PartBudget[] {
  const all = parts.reduce((shares, part) => shares + SHARES[part], 0);
  let sum = 0;
  return parts.map((part) => {
    const seconds = (totalSeconds * SHARES[part]) / all;
    sum += seconds;
    return { part, seconds, endsAtMs: beganMs + 1000 * sum };
  });
}

/** Aborts at that time, or when `stop` does. (Node 20 may collect `AbortSignal.any` over a timeout before it is due.) */
export function until(endsAtMs: number, stop: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const over = (): void => controller.abort(new GanglionError("ENGINE", "its time is over"));
  setTimeout(over, Math.max(1, endsAtMs - performance.now())).unref();
  stop.addEventListener("abort", () => controller.abort(stop.reason), { once: true });
  return controller.signal;
}
