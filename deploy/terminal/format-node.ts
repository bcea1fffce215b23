// What is said of nodes, in the same words by status and by what runs.
import type { NodeView } from "../../coordinator/dashboard/events.ts";
import { count } from "./numbers.ts";

/** `graph on cuda` */
export function enginePlace({ engine, device }: Pick<NodeView, "engine" | "device">): string {
  return `${engine} on ${device}`;
}

/** `61,203 contributions` */
export function contributed(contributions: number): string {
  return `${count(contributions)} ${contributions === 1 ? "contribution" : "contributions"}`;
}

/** `200 graph on cuda, 56 graph on cpu` */
export function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, times]) => `${count(times)} ${word}`).join(", ");
}
