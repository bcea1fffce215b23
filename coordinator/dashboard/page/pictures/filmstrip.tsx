// Every grid as a thumbnail, of which only those that are seen are loaded.
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Grid, seenItems } from "../state/grids.ts";
import { whole } from "../words/format.ts";

interface FilmstripProps {
  readonly grids: readonly Grid[];
  readonly at: number;
  /** The grid that is compared; -1 where none is. */
  readonly other: number;
  readonly onPick: (grid: Grid) => void;
  readonly onPickOther: (grid: Grid) => void;
}

/** Pixels from one thumbnail to the next; the style has the same. */
const ITEM = 72;

export function Filmstrip({ grids, at, other, onPick, onPickOther }: FilmstripProps): VNode {
  const strip = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ scroll: 0, width: 800 });
  const measure = (): void => {
    const { scrollLeft, clientWidth } = strip.current ?? { scrollLeft: 0, clientWidth: 800 };
    setPlace({ scroll: scrollLeft, width: clientWidth });
  };
  useEffect(() => {
    const resized = new ResizeObserver(measure);
    if (strip.current) resized.observe(strip.current);
    return () => resized.disconnect();
  }, []);
  useLayoutEffect(() => {
    // The grid that is shown stays in sight.
    const { current } = strip;
    if (!current) return;
    const [left, right] = [at * ITEM, (at + 1) * ITEM];
    if (left < current.scrollLeft + ITEM) current.scrollLeft = left - ITEM;
    else if (right > current.scrollLeft + current.clientWidth - ITEM)
      current.scrollLeft = right - current.clientWidth + ITEM;
    measure();
  }, [at, grids.length]);
  const { from, to } = seenItems({ ...place, size: ITEM }, grids.length);
  return (
    <div class="filmstrip" ref={strip} onScroll={measure}>
      <div class="film" style={{ width: `${grids.length * ITEM}px` }}>
        {grids.slice(from, to).map((grid, i) => (
          <button
            type="button"
            key={grid.step}
            tabIndex={-1}
            class={from + i === at ? "now" : from + i === other ? "other" : ""}
            style={{ left: `${(from + i) * ITEM}px` }}
            aria-label={`show step ${whole(grid.step)}`}
            title={`step ${whole(grid.step)}; with Shift: compare with it`}
            onClick={({ shiftKey }) => (shiftKey ? onPickOther : onPick)(grid)}
          >
            <img src={grid.thumb} alt="" loading="lazy" decoding="async" />
            <span>{whole(grid.step)}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
