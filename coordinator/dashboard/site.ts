// What a dashboard shows under which paths: one run at the root, or several under /runs/<run>/.
import type { Reply } from "./api/reply.ts";
import { RunContent, type RunContentOptions } from "./run-content.ts";

/** A path of a run. */
export interface Place {
  readonly run: RunContent;
  /** What the run's paths begin with, such as `/runs/00007-digits`; empty for the only run. */
  readonly base: string;
  /** The rest, such as `/api/run`. */
  readonly path: string;
}

export interface Site {
  /** Null where the path is of no run. */
  find(path: string): Promise<Place | null>;
  /** Of paths that are of no run; null where there is nothing. */
  reply(path: string, query: URLSearchParams): Promise<Reply | null>;
  /** The run that it is about, where there is only one. */
  readonly only: RunContent | null;
  /** Runs that somebody looks at. */
  readonly open: Iterable<RunContent>;
  close(): Promise<void>;
}

/** The only run, as this process trains it. */
export function siteOfRun(options: RunContentOptions): Site {
  const run = new RunContent(options);
  return {
    find: (path) => Promise.resolve({ run, base: "", path }),
    reply: () => Promise.resolve(null),
    only: run,
    open: [run],
    close: () => run.close(),
  };
}
