// Plays the grids: one after the other, each for as long as it should be seen, and not before it is loaded.
import { useEffect } from "preact/hooks";
import { type Cursor, moved } from "../state/cursor.ts";
import { type Grid, indexAt } from "../state/grids.ts";

/** Stops on the newest. */
export function usePlaying(
  cursor: Cursor,
  grids: readonly Grid[],
  gridsPerSecond: number,
  setCursor: (change: (cursor: Cursor) => Cursor) => void,
): void {
  const next = cursor.isPlaying ? grids[indexAt(grids, cursor.step) + 1] : undefined;
  useEffect(() => {
    if (!cursor.isPlaying) return undefined;
    if (!next) {
      setCursor((now) => ({ ...now, isPlaying: false }));
      return undefined;
    }
    let isOver = false;
    void (async () => {
      await Promise.all([loaded(next.url), seen(1000 / gridsPerSecond)]);
      if (!isOver) setCursor((now) => moved(now, grids, 1));
    })();
    return () => void (isOver = true);
  }, [cursor.isPlaying, next?.url, gridsPerSecond]);
}

/** Also of one that cannot be loaded: it is shown as such. */
async function loaded(url: string): Promise<void> {
  const image = new Image();
  image.src = url;
  await new Promise((resolve) => {
    image.addEventListener("load", resolve);
    image.addEventListener("error", resolve);
  });
}

function seen(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
