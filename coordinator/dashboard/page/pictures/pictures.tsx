// The pictures of a run: the newest grid at once, every other by a cursor that the charts share.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { type Cursor, played, type View } from "../state/cursor.ts";
import { type Grid, indexAt } from "../state/grids.ts";
import { whole } from "../words/format.ts";
import { Beside, Divided } from "./compared.tsx";
import { Export } from "./export/export.tsx";
import { Filmstrip } from "./filmstrip.tsx";
import { FullSize } from "./full-size.tsx";
import { Picture } from "./picture.tsx";
import { Scrubber } from "./scrubber.tsx";
import { usePlaying } from "./use-playing.ts";

export interface PicturesProps {
  /** Its name. */
  readonly run: string;
  readonly grids: readonly Grid[];
  readonly cursor: Cursor;
  readonly setCursor: (change: (cursor: Cursor) => Cursor) => void;
  /** What is said where there is no picture. */
  readonly absence: string;
}

const VIEWS: readonly { readonly view: View; readonly label: string }[] = [
  { view: "one", label: "one" },
  { view: "beside", label: "side by side" },
  { view: "divider", label: "divider" },
];

export function Pictures({ run, grids, cursor, setCursor, absence }: PicturesProps): VNode {
  const [ratio, setRatio] = useState(1);
  const [isFull, setFull] = useState(false);
  const [speed, setSpeed] = useState(4);
  usePlaying(cursor, grids, speed, setCursor);
  const at = indexAt(grids, cursor.step);
  const shown = grids[at];
  const isComparing = cursor.view !== "one" && grids.length > 1;
  const otherAt = isComparing ? indexAt(grids, cursor.other ?? grids[0].step) : -1;
  const other = grids[otherAt];
  const set = (change: Partial<Cursor>): void => setCursor((now) => ({ ...now, ...change }));
  if (!shown)
    return (
      <section class="card pictures" aria-labelledby="pictures-title">
        <div class="bar">
          <h2 id="pictures-title">Samples</h2>
        </div>
        <div class="frame none">
          <p>{absence}</p>
        </div>
      </section>
    );
  const size = { ratio, onRatio: setRatio };
  return (
    <section class="card pictures" aria-labelledby="pictures-title">
      <div class="bar">
        <h2 id="pictures-title">
          Samples <small>step {whole(shown.step)}</small>
        </h2>
        {grids.length > 1 && (
          <div class="segments" role="group" aria-label="compare">
            {VIEWS.map(({ view, label }) => (
              <button
                type="button"
                key={view}
                aria-pressed={cursor.view === view}
                onClick={() => set({ view })}
              >
                {label}
              </button>
            ))}
          </div>
        )}
        <button
          type="button"
          class="chip icon"
          aria-label="full size"
          title="full size"
          onClick={() => setFull(true)}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M9.5 2.5h4v4M13.5 2.5l-5 5M6.5 13.5h-4v-4M2.5 13.5l5-5" />
          </svg>
        </button>
      </div>
      {!other && <Picture grid={shown} {...size} />}
      {other && cursor.view === "beside" && <Beside left={other} right={shown} {...size} />}
      {other && cursor.view === "divider" && <Divided left={other} right={shown} {...size} />}
      {grids.length > 1 && (
        <Scrubber
          {...{ grids, at, other, speed }}
          isNewest={cursor.step === null}
          isPlaying={cursor.isPlaying}
          onStep={(step) => set({ step, isPlaying: false })}
          onOther={(step) => set({ other: step })}
          onPlay={() => setCursor((now) => played(now, grids))}
          onSpeed={setSpeed}
        />
      )}
      {grids.length > 1 && (
        <Filmstrip
          {...{ grids, at }}
          other={otherAt}
          onPick={({ step }) => set({ step: step === grids.at(-1)?.step ? null : step, isPlaying: false })}
          onPickOther={({ step }) =>
            set({ other: step, view: cursor.view === "one" ? "beside" : cursor.view })
          }
        />
      )}
      <div class="made-by">
        <span>
          {shown.checkpoint
            ? `drawn by checkpoint ${shown.checkpoint}`
            : "every grid is drawn from the same noise"}
        </span>
        {grids.length > 1 && <Export {...{ run, grids, speed }} />}
      </div>
      {isFull && <FullSize grids={other ? [other, shown] : [shown]} onClose={() => setFull(false)} />}
    </section>
  );
}
