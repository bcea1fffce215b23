// The lines of a chart in a range of steps: from the live series, and what is older or finer from the server.
import { useEffect, useMemo, useState } from "preact/hooks";
import { fetchSeries } from "../live/api.ts";
import type { Snapshot, Store } from "../live/store.ts";
import { type Buckets, coarser, continued, NO_BUCKETS } from "./buckets.ts";

/** Buckets of a line: a chart is not much more than so many pixels wide. */
export const POINTS = 400;
/** A range is asked for once it stands still so long. */
const PAUSE_MS = 120;

export interface Range {
  readonly from: number;
  readonly to: number;
}

interface Fetched {
  readonly key: string;
  readonly series: Readonly<Record<string, Buckets>>;
}

/** One line for each name, in their order; `isZoomed`: the range does not grow with the run. */
export function useBuckets(
  store: Store,
  now: Snapshot,
  names: readonly string[],
  { from, to, isZoomed }: Range & { readonly isZoomed: boolean },
): readonly Buckets[] {
  const older = olderRange(store, now, names, { from, to }, isZoomed);
  const key = older ? `${names.join()} ${older.from} ${older.to}` : "";
  const [fetched, setFetched] = useState<Fetched | null>(null);
  useEffect(() => {
    if (!older) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      void (async () => {
        const series = await fetchSeries({ names, ...older, points: POINTS }, abort.signal);
        if (series && !abort.signal.aborted) setFetched({ key, series });
      })();
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key]);
  return useMemo(
    () =>
      names.map((name) => {
        const early = (older && fetched?.key === key ? fetched.series[name] : undefined) ?? NO_BUCKETS;
        return coarser(continued(early, store.live.of(name)), from, to, POINTS);
      }),
    [key, fetched, now.version, from, to, names.join()],
  );
}

/** What the server must be asked for: steps before the live ones, or merged in them; null where nothing is missing. */
function olderRange(
  store: Store,
  { kept }: Snapshot,
  names: readonly string[],
  { from, to }: Range,
  isZoomed: boolean,
): Range | null {
  const known = kept?.filter(({ name }) => names.includes(name)) ?? [];
  if (known.length === 0) return null;
  const begin = Math.max(from, Math.min(...known.map(({ firstStep }) => firstStep)));
  const ends = known.map(({ name }) =>
    isZoomed ? store.live.exactFrom(name) : (store.live.of(name).steps[0] ?? Infinity),
  );
  const end = Math.min(to, Math.min(...ends) - 1);
  return begin <= end ? { from: begin, to: end } : null;
}
