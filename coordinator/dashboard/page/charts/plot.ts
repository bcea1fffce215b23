// One uPlot: its options, from lines and theme.
import uPlot from "uplot";
import { number, whole } from "../words/format.ts";
import type { Range } from "../series/use-buckets.ts";
import { colourOf, type Theme } from "./theme.ts";

export interface PlotOptions {
  readonly labels: readonly string[];
  readonly isLog: boolean;
  readonly theme: Theme;
  readonly width: number;
  /** Read whenever the chart is drawn. */
  readonly range: () => Range;
  readonly pinned: () => number | null;
  readonly onHover: (index: number | null) => void;
  readonly onZoom: (range: Range) => void;
  readonly onPick: (step: number) => void;
}

export const PLOT_HEIGHT = 172;
/** All charts have one pointer. */
const SYNC = "steps";
/** Pixels that a drag must cover to be a zoom. */
const LEAST_DRAG = 6;

export function makePlot(options: PlotOptions, data: uPlot.AlignedData, parent: HTMLElement): uPlot {
  return new uPlot(optionsOf(options), data, parent);
}

function optionsOf(options: PlotOptions): uPlot.Options {
  const { labels, isLog, theme, range, onHover, onZoom, onPick } = options;
  const axis = {
    stroke: theme.quiet,
    font: "11px system-ui, sans-serif",
    grid: { stroke: theme.line, width: 1 },
    ticks: { show: false },
  };
  const zoom = (plot: uPlot): void => {
    const { left, width } = plot.select;
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    if (width < LEAST_DRAG) return;
    const at = (pixels: number): number => Math.round(plot.posToVal(pixels, "x"));
    if (at(left + width) > at(left)) onZoom({ from: at(left), to: at(left + width) });
  };
  return {
    width: options.width,
    height: PLOT_HEIGHT,
    legend: { show: false },
    padding: [8, 10, 0, 0],
    scales: {
      x: {
        time: false,
        range: () => {
          const { from, to } = range();
          return [from, to > from ? to : from + 1];
        },
      },
      y: { distr: isLog ? 3 : 1 },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 26, gap: 4, space: 56, values: (_, at) => at.map(stepLabel) },
      {
        ...axis,
        grid: { ...axis.grid, ...(isLog && { filter: decades }) },
        size: 54,
        gap: 6,
        values: (_, at) => at.map(valueLabel),
      },
    ],
    series: [{}, ...labels.flatMap((label, i) => seriesOf(label, theme.lines[colourOf(label, i)]))],
    bands: labels.map((label, i) => ({
      series: [3 * i + 3, 3 * i + 2],
      fill: faded(theme.lines[colourOf(label, i)], 0.16),
    })),
    cursor: {
      y: false,
      sync: { key: SYNC },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
    },
    hooks: {
      setCursor: [(plot) => onHover(plot.cursor.idx ?? null)],
      setSelect: [zoom],
      draw: [(plot) => drawPinned(plot, options)],
      ready: [
        (plot) =>
          plot.over.addEventListener("click", () => {
            if (plot.cursor.left !== undefined && plot.cursor.left >= 0)
              onPick(Math.round(plot.posToVal(plot.cursor.left, "x")));
          }),
      ],
    },
  };
}

/** The bold line, and the least and greatest values behind it. */
function seriesOf(label: string, colour: string): uPlot.Series[] {
  const edge: uPlot.Series = { stroke: faded(colour, 0.18), width: 1, points: { show: false } };
  return [{ label, stroke: colour, width: 1.75, points: { size: 5, fill: colour } }, edge, edge];
}

/** Where the pictures stand. */
function drawPinned(plot: uPlot, { pinned, theme }: PlotOptions): void {
  const step = pinned();
  const { min, max } = plot.scales["x"];
  if (step === null || min === undefined || max === undefined || min === null || max === null) return;
  if (step < min || step > max) return;
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(step, "x", true));
  ctx.save();
  ctx.strokeStyle = theme.ink;
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** Rules of a logarithmic axis at powers of ten, where there are two of them; else all. */
function decades(_plot: uPlot, splits: number[]): (number | null)[] {
  const powers = splits.filter((value) => Number.isInteger(Number(Math.log10(value).toFixed(9))));
  return powers.length < 2 ? splits : splits.map((value) => (powers.includes(value) ? value : null));
}

function stepLabel(step: number): string {
  if (!Number.isInteger(step)) return "";
  return step >= 10_000 ? `${Number((step / 1000).toPrecision(5))}k` : whole(step);
}

function valueLabel(value: number | null): string {
  return value === null ? "" : number(Number(value.toPrecision(6)));
}

/** `#rrggbb` with an opacity. */
function faded(colour: string, opacity: number): string {
  return `${colour}${Math.round(opacity * 255)
    .toString(16)
    .padStart(2, "0")}`;
}
