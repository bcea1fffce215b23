// The suite's table, line by line as models are measured, and what it comes to.
import { count } from "../../terminal/format.ts";
import { type Speed, median } from "../speed.ts";
import type { Row } from "../turns.ts";
import type { ModelResult } from "./measure-model.ts";

export const TABLE_HEAD: readonly string[] = [
  "| model | batch a thread | Ganglion images/s | PyTorch images/s | ratio | Ganglion GFLOPS | PyTorch GFLOPS | Ganglion MB | PyTorch MB |",
  "|---|---|---|---|---|---|---|---|---|",
];

/** `matmul`: GFLOPS that the machine's MatMul reaches, of which shares are printed; null where that is not known. */
export function tableLine(result: ModelResult, matmul: number | null): string {
  const { model, shard, operations, ganglion, pytorch, ratio } = result;
  const reached = (row: Row): string => {
    const gflops = (operations * imagesPerSecond(row)) / 1e9;
    const whole = count(Math.round(gflops));
    return matmul === null ? whole : `${whole} (${((100 * gflops) / matmul).toFixed(0)} %)`;
  };
  const both = (of: (row: Row) => string): readonly string[] => [of(ganglion), pytorch ? of(pytorch) : "–"];
  const cells = [
    model,
    String(shard),
    ...both((row) => count(imagesPerSecond(row))),
    ratioText(ratio),
    ...both(reached),
    ...both((row) => count(Math.max(...row.speeds.map(({ peakBytes = 0 }) => peakBytes)) / 1e6)),
  ];
  return `| ${cells.join(" | ")} |`;
}

function ratioText(ratio: number | null | undefined): string {
  if (ratio === undefined) return "–";
  return ratio === null ? "rounds disagree" : ratio.toFixed(2);
}

function imagesPerSecond({ speeds }: Row): number {
  return median(speeds.map((speed: Speed) => speed.imagesPerSecond));
}

export interface Summary {
  /** Of the models that have a ratio. */
  readonly geometricMean: number;
  readonly least: number;
  readonly slowest: string;
  readonly models: number;
}

/** Null where no model has a ratio. */
export function summaryOf(results: readonly ModelResult[]): Summary | null {
  const known = results.flatMap(({ model, ratio }) => (typeof ratio === "number" ? [{ model, ratio }] : []));
  if (known.length === 0) return null;
  const logs = known.map(({ ratio }) => Math.log(ratio));
  const slowest = known.reduce((a, b) => (b.ratio < a.ratio ? b : a));
  return {
    geometricMean: Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length),
    least: slowest.ratio,
    slowest: slowest.model,
    models: known.length,
  };
}

export function summaryText({ geometricMean, least, slowest, models }: Summary): string {
  if (models === 1) return `Ganglion is ${least.toFixed(2)} × as fast (${slowest})`;
  return `Ganglion is ${geometricMean.toFixed(2)} × as fast in the geometric mean of ${models} models; the least is ${least.toFixed(2)} × (${slowest})`;
}
