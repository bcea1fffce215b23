// The sample grids of a run, by step: which one a cursor shows, and which come next.
import type { EventOf } from "./event-of.ts";

export interface Grid {
  readonly step: number;
  readonly url: string;
  /** A small picture of it; the grid itself where the server has none. */
  readonly thumb: string;
  /** The classes by column, where the generator is told them. */
  readonly columns?: readonly string[];
  /** The checkpoint that draws this picture, by its file's name. */
  readonly checkpoint?: string;
}

export function gridOf({ step, url, columns, checkpoint }: EventOf<"samples">): Grid {
  const near = url.replace(/^\/samples\//, "samples/"); // beside the page
  return { step, url: near, thumb: near, ...(columns && { columns }), ...(checkpoint && { checkpoint }) };
}

/**
 * Both lists as one, ascending. Of two with one step `newer` is kept, with the thumbnail that `older` may have for the
 * same picture.
 */
export function mergedGrids(older: readonly Grid[], newer: readonly Grid[]): readonly Grid[] {
  const last = older.at(-1);
  if (newer.length === 1 && (last === undefined || newer[0].step > last.step)) return [...older, newer[0]];
  const byStep = new Map(older.map((grid) => [grid.step, grid]));
  for (const grid of newer) {
    const known = byStep.get(grid.step);
    const isSame = known !== undefined && nameOf(known.url) === nameOf(grid.url);
    byStep.set(grid.step, isSame && grid.thumb === grid.url ? { ...grid, thumb: known.thumb } : grid);
  }
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}

function nameOf(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

/**
 * The index of the newest grid that was drawn at `step` or before, of the first where all are later, of the newest where
 * `step` is null; -1 where there is none.
 */
export function indexAt(grids: readonly Grid[], step: number | null): number {
  if (step === null || grids.length === 0) return grids.length - 1;
  let [low, high] = [0, grids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (grids[middle].step <= step) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** Which of `count` items of `size` pixels are seen in a window, and `margin` items to both sides. */
export function seenItems(
  { scroll, width, size }: { readonly scroll: number; readonly width: number; readonly size: number },
  count: number,
  margin = 4,
): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.floor(scroll / size) - margin);
  return { from, to: Math.min(count, Math.ceil((scroll + width) / size) + margin) };
}
