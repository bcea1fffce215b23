// The table of `ganglion evaluate`: a row for each checkpoint, the floor below, and what all of it rests on.
import type { Evaluation } from "../../coordinator/evaluation/evaluator.ts";
import { count } from "../terminal/format.ts";

export interface Measured {
  readonly step: number;
  readonly file: string;
  readonly evaluation: Evaluation;
}

interface Column {
  readonly title: string;
  readonly metric: string;
  readonly show: (value: number, metrics: Evaluation["metrics"]) => string;
}

const fixed =
  (digits: number) =>
  (value: number): string =>
    value.toFixed(digits);

/** Three digits that count, whatever the size of an extractor's features. */
function significant(value: number): string {
  return Math.abs(value) >= 1000 ? count(value) : value.toPrecision(3);
}

const COLUMNS: readonly Column[] = [
  { title: "FID", metric: "fid", show: fixed(2) },
  {
    title: "KID",
    metric: "kid",
    show: (value, { kidStd }) =>
      kidStd === undefined ? significant(value) : `${significant(value)} ± ${significant(kidStd)}`,
  },
  { title: "precision", metric: "precision", show: fixed(3) },
  { title: "recall", metric: "recall", show: fixed(3) },
  { title: "density", metric: "density", show: fixed(3) },
  { title: "coverage", metric: "coverage", show: fixed(3) },
  { title: "MIND", metric: "mind", show: significant },
  { title: "diversity", metric: "diversity", show: significant },
  { title: "IS", metric: "inceptionScore", show: fixed(2) },
  { title: "accuracy", metric: "accuracy", show: (value) => `${(100 * value).toFixed(1)} %` },
  { title: "modes", metric: "modes", show: String },
  { title: "modes KL", metric: "modesKl", show: fixed(3) },
];

/** `measured` has one at least, all on the same terms. */
export function evaluationTable(name: string, measured: readonly Measured[]): string {
  const [{ evaluation }] = measured;
  const { extractor, resizer, images, seed, floor } = evaluation;
  const columns = COLUMNS.filter(({ metric }) => metric in evaluation.metrics);
  const cells = (metrics: Evaluation["metrics"]): string[] =>
    columns.map(({ metric, show }) => (metric in metrics ? show(metrics[metric], metrics) : ""));
  const rows = [
    ["step", ...columns.map(({ title }) => title)],
    ...measured.map(({ step, evaluation: { metrics } }) => [count(step), ...cells(metrics)]),
    ...(floor ? [["floor", ...cells(floor.metrics)]] : []),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padStart(widths[column])).join("  "));
  const terms = `${name}: ${count(images)} images against ${count(images)} real ones, extractor ${extractor}, resized: ${resizer}, seed ${seed}`;
  const notes = [floorNote(evaluation), bestNote(measured)].filter((note) => note !== null);
  return [terms, ...lines, ...notes].join("\n");
}

function floorNote({ floor, images }: Evaluation): string | null {
  if (!floor) return "no floor: the data have too few images for two sets of real ones";
  const fewer =
    floor.images < images
      ? `, ${count(floor.images)} in each set, so it is higher than with ${count(images)}`
      : "";
  return `floor: real images against other real ones${fewer}`;
}

function bestNote(measured: readonly Measured[]): string | null {
  if (measured.length < 2) return null;
  const best = measured.reduce((a, b) => (b.evaluation.metrics["fid"] < a.evaluation.metrics["fid"] ? b : a));
  return `best FID: ${best.evaluation.metrics["fid"].toFixed(2)}, ${best.file}`;
}
