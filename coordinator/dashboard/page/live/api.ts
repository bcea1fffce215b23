// What the page asks of its server by HTTP: what the socket no longer keeps, in any range and fineness.
import type { Buckets } from "../series/buckets.ts";
import type { Grid } from "../state/grids.ts";
import type { CountedWarning } from "../state/warnings.ts";

export interface SeriesName {
  readonly name: string;
  readonly firstStep: number;
  readonly lastStep: number;
}

export interface SeriesRange {
  readonly names: readonly string[];
  readonly from: number;
  readonly to: number;
  /** Buckets of a series, at most. */
  readonly points: number;
}

/** All grids from a step on; null where the server does not keep them. */
export async function fetchGrids(from: number): Promise<readonly Grid[] | null> {
  const answer = await ask<{ readonly samples: readonly Partial<Grid>[] }>(`api/samples?from=${from}`);
  return (
    answer?.samples.map((grid) => ({ step: 0, url: "", ...grid, thumb: grid.thumb ?? grid.url ?? "" })) ??
    null
  );
}

export interface KeptSeries {
  readonly names: readonly SeriesName[];
  /** How much of the run's numbers the server has read since it started, 0 to 1. */
  readonly read: number;
}

/** Every series of the run; null where the server does not keep them. */
export function fetchNames(): Promise<KeptSeries | null> {
  return ask<KeptSeries>("api/series");
}

/** What was warned of since the run began; null where the server does not count it. */
export async function fetchWarnings(): Promise<readonly CountedWarning[] | null> {
  return (await ask<{ readonly warnings: readonly CountedWarning[] }>("api/warnings"))?.warnings ?? null;
}

/** Null where the server does not keep them. */
export async function fetchSeries(
  { names, from, to, points }: SeriesRange,
  signal: AbortSignal,
): Promise<Readonly<Record<string, Buckets>> | null> {
  const parts = Array.from({ length: Math.ceil(names.length / MOST_NAMES) }, (_, i) =>
    names.slice(i * MOST_NAMES, (i + 1) * MOST_NAMES),
  );
  const answers = await Promise.all(
    parts.map((part) => {
      const list = part.map((name) => name.replaceAll(",", "%2C")).join(",");
      const query = new URLSearchParams({
        names: list,
        from: String(from),
        to: String(to),
        points: String(points),
      });
      return ask<{ readonly series: Readonly<Record<string, Buckets>> }>(`api/series/data?${query}`, signal);
    }),
  );
  if (answers.includes(null)) return null;
  return Object.assign({}, ...answers.map((answer) => answer?.series));
}

/** Of one request. */
const MOST_NAMES = 200;

/**
 * The JSON under a path beside the page; null where there is none, or it cannot be reached now: the socket says that, and
 * what was heard stays on the page.
 */
async function ask<T>(path: string, signal?: AbortSignal): Promise<T | null> {
  try {
    const answer = await fetch(path, { headers: { accept: "application/json" }, ...(signal && { signal }) });
    return answer.ok ? ((await answer.json()) as T) : null;
  } catch (error) {
    if (signal?.aborted !== true) console.info(`${path} was not answered:`, error);
    return null;
  }
}
