// One chart: its lines, which can be hidden, with the values under the cursor, and what can be done with it.
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import type { Snapshot, Store } from "../live/store.ts";
import { alignedOf } from "../series/aligned.ts";
import { valueAt } from "../series/buckets.ts";
import type { ChartGroup } from "../series/chart-groups.ts";
import { type Range, useBuckets } from "../series/use-buckets.ts";
import { number, whole } from "../words/format.ts";
import { makePlot, PLOT_HEIGHT } from "./plot.ts";
import { colourOf, type Theme } from "./theme.ts";

export interface ChartProps {
  readonly store: Store;
  readonly now: Snapshot;
  readonly group: ChartGroup;
  readonly range: Range;
  readonly isZoomed: boolean;
  readonly smoothing: number;
  /** Where the pictures stand; null: at the newest. */
  readonly pinned: number | null;
  readonly theme: Theme;
  readonly onZoom: (range: Range) => void;
  readonly onPick: (step: number) => void;
}

export function Chart(props: ChartProps): VNode {
  const { group, range, smoothing, pinned } = props;
  const [isLog, setLog] = useState(group.isLog);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [hovered, setHovered] = useState<number | null>(null);
  const names = group.lines.map(({ series }) => series);
  const lines = useBuckets(props.store, props.now, names, { ...range, isZoomed: props.isZoomed });
  const data = useMemo(
    () => alignedOf(lines, { smoothing: group.isNoisy ? smoothing : 0, isLog }),
    [lines, smoothing, isLog],
  );
  const labels = group.lines.map(({ label }) => label);
  const holder = usePlot(props, { labels, isLog, data, hidden, onHover: setHovered });

  const at = (hovered === null ? null : data[0][hovered]) ?? pinned;
  const valueOf = (i: number): string => {
    const value = at === null ? lines[i].last.at(-1) : valueAt(lines[i], at);
    return value === undefined ? "–" : number(value);
  };
  const toggle = (series: string): void => {
    const next = new Set(hidden);
    if (!next.delete(series)) next.add(series);
    setHidden(next);
  };
  const told = group.lines.map(({ label }, i) => `${label} ${valueOf(i)}`).join(", ");
  return (
    <figure class="chart" data-chart={group.key}>
      <figcaption>
        <h3>
          {group.title}
          {group.note && <small>{group.note}</small>}
        </h3>
        <output class="at">{at === null ? "" : `step ${whole(at)}`}</output>
        <button type="button" class="chip" aria-pressed={isLog} onClick={() => setLog(!isLog)}>
          log
        </button>
      </figcaption>
      <ul class="legend">
        {group.lines.map(({ series, label }, i) => (
          <li key={series}>
            <button
              type="button"
              aria-pressed={!hidden.has(series)}
              title={hidden.has(series) ? `show ${label}` : `hide ${label}`}
              onClick={() => toggle(series)}
            >
              <i class={`swatch c${colourOf(label, i)}`} />
              {label} <b>{valueOf(i)}</b>
            </button>
          </li>
        ))}
      </ul>
      <div
        ref={holder}
        class="plot"
        role="img"
        aria-label={`${group.title}: ${told}`}
        style={{ height: `${PLOT_HEIGHT}px` }}
      />
    </figure>
  );
}

interface Drawn {
  readonly labels: readonly string[];
  readonly isLog: boolean;
  readonly data: ReturnType<typeof alignedOf>;
  /** Series that are not shown. */
  readonly hidden: ReadonlySet<string>;
  readonly onHover: (index: number | null) => void;
}

/** The element that holds the plot; uPlot is made anew only where lines, axis or colours change. */
function usePlot(props: ChartProps, drawn: Drawn): { readonly current: HTMLDivElement | null } {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ props, drawn });
  latest.current = { props, drawn };
  const { labels, isLog, data, hidden } = drawn;

  useEffect(() => {
    const parent = holder.current;
    if (!parent) return undefined;
    const made = makePlot(
      {
        labels,
        isLog,
        theme: props.theme,
        width: parent.clientWidth || 320,
        range: () => latest.current.props.range,
        pinned: () => latest.current.props.pinned,
        onHover: (index) => latest.current.drawn.onHover(index),
        onZoom: (range) => latest.current.props.onZoom(range),
        onPick: (step) => latest.current.props.onPick(step),
      },
      latest.current.drawn.data,
      parent,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => {
      const { clientWidth } = parent;
      if (clientWidth > 0 && clientWidth !== made.width)
        made.setSize({ width: clientWidth, height: PLOT_HEIGHT });
    });
    resized.observe(parent);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [labels.join(), isLog, props.theme]);

  useEffect(() => plot.current?.setData(data), [data, props.range]);
  useEffect(() => plot.current?.redraw(false), [props.pinned]);
  useEffect(() => {
    props.group.lines.forEach(({ series }, i) => {
      for (const column of [1, 2, 3]) plot.current?.setSeries(3 * i + column, { show: !hidden.has(series) });
    });
  }, [hidden, labels.join(), isLog, props.theme]);
  return holder;
}
