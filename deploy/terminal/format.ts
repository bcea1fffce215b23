// Numbers, times, paths and nodes as people read them, in the same words by status and by what runs.
import { isAbsolute, relative } from "node:path";
import type { NodeView } from "../../coordinator/dashboard/events.ts";

/** `61,203` or `0.512`: whole from 100 on, and else three significant digits. */
export function count(value: number): string {
  return value >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString("en-US")
    : value.toPrecision(3);
}

/** `1 node`, `3 nodes` */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** `4.2 s`, `3 min 05 s`, `2 h 10 min` */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds); // first, or there are minutes of 60 s
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${padded(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${padded(minutes % 60)} min`;
}

function padded(number: number): string {
  return String(number).padStart(2, "0");
}

/** As one would type it here: relative to the working directory for what is in it. */
export function displayPath(path: string): string {
  const near = relative("", path);
  return near === "" || near.startsWith("..") || isAbsolute(near) ? path : near;
}

/** `graph on cuda` */
export function enginePlace({ engine, device }: Pick<NodeView, "engine" | "device">): string {
  return `${engine} on ${device}`;
}

/** `61,203 contributions` */
export function contributionCount(contributions: number): string {
  return `${count(contributions)} ${contributions === 1 ? "contribution" : "contributions"}`;
}

/** `200 graph on cuda, 56 graph on cpu` */
export function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, times]) => `${count(times)} ${word}`).join(", ");
}
