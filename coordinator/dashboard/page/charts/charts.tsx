// All charts of a run, with one range of steps and one smoothing.
import { Fragment, type VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useMedia } from "../live/use-snapshot.ts";
import type { Snapshot, Store } from "../live/store.ts";
import { groupsOf } from "../series/chart-groups.ts";
import type { Range } from "../series/use-buckets.ts";
import { whole } from "../words/format.ts";
import { Chart } from "./chart.tsx";
import { Layers } from "./layers.tsx";
import { readTheme } from "./theme.ts";

export interface ChartsProps {
  readonly store: Store;
  readonly now: Snapshot;
  readonly pinned: number | null;
  readonly onPick: (step: number) => void;
}

const USUAL_SMOOTHING = 0.8;

/** Parts of the run that a click shows. */
const PARTS = [
  { label: "all steps", part: 1 },
  { label: "last half", part: 0.5 },
  { label: "last tenth", part: 0.1 },
] as const;

export function Charts({ store, now, pinned, onPick }: ChartsProps): VNode {
  const [zoom, setZoom] = useState<Range | null>(null);
  const [part, setPart] = useState(1);
  const [smoothing, setSmoothing] = useState(USUAL_SMOOTHING);
  const isDark = useMedia("(prefers-color-scheme: dark)");
  const theme = useMemo(readTheme, [isDark]);
  const names = [...new Set([...(now.kept ?? []).map(({ name }) => name), ...store.live.names])];
  const groups = useMemo(() => groupsOf(names), [names.join()]);
  const all = wholeRange(store, now, names);
  const range = zoom ?? {
    from: Math.ceil(all.to - part * (all.to - all.from)),
    to: all.to,
  };
  return (
    <section class="charts" aria-labelledby="charts-title">
      <div class="bar">
        <h2 id="charts-title">Training</h2>
        {groups.length > 0 && (
          <Fragment>
            <div class="segments" role="group" aria-label="steps shown">
              {PARTS.map(({ label, part: own }) => (
                <button
                  type="button"
                  key={label}
                  aria-pressed={zoom === null && part === own}
                  onClick={() => {
                    setZoom(null);
                    setPart(own);
                  }}
                >
                  {label}
                </button>
              ))}
            </div>
            <label class="smoothing">
              smoothing
              <input
                type="range"
                min="0"
                max="0.99"
                step="0.01"
                value={smoothing}
                onInput={({ currentTarget }) => setSmoothing(Number(currentTarget.value))}
              />
              <output>{smoothing.toFixed(2)}</output>
            </label>
          </Fragment>
        )}
        {zoom && (
          <button type="button" class="chip" onClick={() => setZoom(null)}>
            steps {whole(zoom.from)} to {whole(zoom.to)} ✕
          </button>
        )}
      </div>
      {groups.length === 0 ? (
        <p class="empty">No step is made yet: nodes join and prepare.</p>
      ) : (
        <div class="chart-grid" onDblClick={() => setZoom(null)}>
          {groups.map((group) => (
            <Chart
              key={group.key}
              {...{ store, now, group, range, smoothing, pinned, theme, onPick }}
              isZoomed={zoom !== null || part < 1}
              onZoom={setZoom}
            />
          ))}
        </div>
      )}
      <Layers
        {...{ store, now, range, pinned, onPick }}
        names={names.filter((name) => name.startsWith("layerGradientNorm/"))}
        isZoomed={zoom !== null || part < 1}
      />
    </section>
  );
}

/** From the first step of any series to the newest. */
function wholeRange(store: Store, { kept, view }: Snapshot, names: readonly string[]): Range {
  const firsts = [
    ...(kept ?? []).map(({ firstStep }) => firstStep),
    ...names.map((name) => store.live.of(name).steps[0] ?? Infinity),
  ];
  const lasts = [
    view.step?.step ?? 0,
    ...(kept ?? []).map(({ lastStep }) => lastStep),
    ...names.map((name) => store.live.of(name).steps.at(-1) ?? 0),
  ];
  const from = Math.min(...firsts);
  return { from: Number.isFinite(from) ? from : 0, to: Math.max(1, ...lasts) };
}
