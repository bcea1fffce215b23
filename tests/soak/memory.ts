// What processes keep in memory as a run goes on, from Linux's /proc; elsewhere nothing is known of it.
import { readFile } from "node:fs/promises";
import { isLinux } from "../support/linux.ts";

/** Resident set of a process in MB, without what it shares with others; null where that cannot be told. */
export async function residentMb(pid: number): Promise<number | null> {
  if (!isLinux) return null;
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => ""); // it may have ended
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1000);
}

export interface Reading {
  /** Of the run, 0 … 1. */
  readonly done: number;
  readonly mb: number;
}

/**
 * MB by which the most that a process held after the first quarter of the run exceeds the most that it held before.
 * Node's heap breathes, so single readings say little, and what a process fills once (its newest 10,000 events, for
 * example) is no leak.
 */
export function growthMb(readings: readonly Reading[]): number {
  const most = (of: readonly Reading[]): number => Math.max(0, ...of.map(({ mb }) => mb));
  return most(readings.filter(({ done }) => done > 0.25)) - most(readings.filter(({ done }) => done <= 0.25));
}
