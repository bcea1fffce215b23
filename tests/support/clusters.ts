// Watching a launched cluster through the events of `ganglion launch --json`.
import type { JsonEvent, Running } from "./cli.ts";

export interface WatchedCluster {
  readonly running: Running;
  /** Resolves when so many nodes are ready, in an event after the last that was waited for. */
  readonly ready: (count: number) => Promise<void>;
  /** Resolves when the run has made so many steps. */
  readonly step: (count: number) => Promise<void>;
  /** The run's folder. */
  readonly folder: Promise<string>;
}

export function watchCluster(running: Running): WatchedCluster {
  let seen = 0;
  const next = async (matches: (event: JsonEvent) => boolean): Promise<void> => {
    const { id } = await running.event((event) => Number(event["id"]) > seen && matches(event));
    seen = Number(id);
  };
  const folder = running.event(({ event }) => event === "run").then(({ folder: path }) => path as string);
  folder.catch(() => undefined); // whoever waits for it hears of it
  return {
    running,
    folder,
    ready: (count) => next((event) => readyNodes(event) === count),
    step: (count) => next(({ event, step }) => event === "step" && Number(step) >= count),
  };
}

function readyNodes({ event, nodes }: JsonEvent): number {
  return event === "workers"
    ? (nodes as { state: string }[]).filter(({ state }) => state === "ready").length
    : -1;
}
