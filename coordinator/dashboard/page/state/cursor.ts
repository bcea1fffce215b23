// The cursor that pictures and charts share: a step, or the newest whatever it is.
import { type Grid, indexAt } from "./grids.ts";

export type View = "one" | "beside" | "divider";

export interface Cursor {
  /** Null: follows the newest. */
  readonly step: number | null;
  /** What is compared with it; null: the first grid. */
  readonly other: number | null;
  readonly view: View;
  readonly isPlaying: boolean;
}

export const AT_NEWEST: Cursor = { step: null, other: null, view: "one", isPlaying: false };

/** The cursor `count` grids further, or back: on the last one it follows the newest again. */
export function moved(cursor: Cursor, grids: readonly Grid[], count: number): Cursor {
  const at = indexAt(grids, cursor.step);
  const next = Math.min(grids.length - 1, Math.max(0, at + count));
  return next < 0 ? cursor : { ...cursor, step: next === grids.length - 1 ? null : grids[next].step };
}

/** Begins to play, from the first grid where it stands on the last; or stops. */
export function played(cursor: Cursor, grids: readonly Grid[]): Cursor {
  if (cursor.isPlaying || grids.length < 2) return { ...cursor, isPlaying: false };
  const isAtEnd = indexAt(grids, cursor.step) === grids.length - 1;
  return { ...cursor, isPlaying: true, step: isAtEnd ? grids[0].step : cursor.step };
}
