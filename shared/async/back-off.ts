// Pauses before trying again: each twice as long as the one before.
import { setTimeout as delay } from "node:timers/promises";

export interface BackOff {
  readonly firstMs: number;
  /** No pause is longer; default: they double without end. */
  readonly longestMs?: number;
}

/** The pause after a failure, ms; `failures` in a row, from 1. */
export function backOffMs(failures: number, { firstMs, longestMs = Infinity }: BackOff): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1));
}

/** Resolves, never rejects, after so long or when aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
