// The keyboard: space plays, arrows step through the grids, Home and End go to the first and the newest.
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Cursor, moved, played } from "../state/cursor.ts";
import type { Grid } from "../state/grids.ts";

/** With Shift. */
const MANY = 10;

export function useKeys(
  grids: readonly Grid[],
  setCursor: (change: (cursor: Cursor) => Cursor) => void,
): void {
  const latest = useRef(grids);
  latest.current = grids;
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
      const change = changeOf(event, latest.current);
      if (!change) return;
      event.preventDefault();
      setCursor(change);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

function changeOf(
  { key, shiftKey }: KeyboardEvent,
  grids: readonly Grid[],
): ((cursor: Cursor) => Cursor) | null {
  const by = shiftKey ? MANY : 1;
  if (key === " ") return (cursor) => played(cursor, grids);
  if (key === "ArrowLeft") return (cursor) => moved({ ...cursor, isPlaying: false }, grids, -by);
  if (key === "ArrowRight") return (cursor) => moved({ ...cursor, isPlaying: false }, grids, by);
  if (key === "Home") return (cursor) => moved({ ...cursor, isPlaying: false }, grids, -Infinity);
  if (key === "End") return (cursor) => moved({ ...cursor, isPlaying: false }, grids, Infinity);
  return null;
}

/** Whether what has the focus has a use for the key itself. */
function isTaken({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (key === " ") return target.closest("button, input, select, summary, a") !== null;
  return target.closest("input, select, .scroll") !== null;
}
