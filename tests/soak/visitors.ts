// A place that is taken by one worker after another: each joins, works for a few seconds, and leaves or is killed.
import { setTimeout as delay } from "node:timers/promises";
import { stream } from "../../shared/random/random.ts";
import type { Program } from "./program.ts";

export interface VisitorsOptions {
  readonly seed: number;
  readonly start: (node: string) => Program;
  /** Resolves when the coordinator leases to it. */
  readonly ready: (node: string) => Promise<void>;
  /** The run is over. */
  readonly over: AbortSignal;
}

export interface Visits {
  left: number;
  killed: number;
}

/** A visit lasts between these, from when the node is ready; then comes the next. */
const SHORTEST_MS = 500;
const LONGEST_MS = 5000;

/** Counts visits until the run is over; rejects when a visitor ends in a way that it was not asked to. */
export async function receiveVisitors(
  { seed, start, ready, over }: VisitorsOptions,
  visits: Visits,
): Promise<void> {
  const random = stream(seed, "visitors");
  const isOver = new Promise<void>((resolve) => over.addEventListener("abort", () => resolve()));
  for (let i = 0; !over.aborted; i++) {
    const node = `visitor-${i}`;
    const stayMs = SHORTEST_MS + random.integer(LONGEST_MS - SHORTEST_MS);
    const isKilled = random.integer(2) === 0;
    const program = start(node);
    const visit = async (): Promise<void> => {
      await ready(node);
      await delay(stayMs, undefined, { signal: over }).catch(() => undefined); // over: nothing is left to wait for
    };
    await Promise.race([visit(), program.ended, isOver]);
    program.kill(over.aborted || isKilled ? "SIGKILL" : "SIGTERM");
    const { code, signal, stderr } = await program.ended;
    if (over.aborted) return;
    if (code !== 0 && signal !== "SIGKILL")
      throw new Error(`${node} ended with ${code ?? signal}: ${stderr}`);
    visits[isKilled ? "killed" : "left"]++;
  }
}
