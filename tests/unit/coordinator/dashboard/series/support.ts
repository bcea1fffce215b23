// A stats.jsonl with random series, and what a range of it must answer, computed the plain way.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Buckets } from "../../../../../coordinator/dashboard/series/buckets.ts";
import { RunSeries, type RunSeriesOptions } from "../../../../../coordinator/dashboard/series/run-series.ts";

export type Line = Readonly<Record<string, number | null>>;

/** Numbers in [0, 1) that a seed determines (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A line a step, and an evaluation after each 50th; one loss in 500 is not finite, and norms are there in every third step. */
export function randomLines(steps: number, seed: number, first = 1): Line[] {
  const random = seeded(seed);
  const lines: Line[] = [];
  for (let step = first; step < first + steps; step++) {
    const loss = random() < 0.002 ? null : Math.exp(10 * (random() - 0.5));
    const norm = step % 3 === 0 ? { "gradientNorm/generator": random() } : {};
    lines.push({ step, "loss/discriminator": loss, "loss/generator": -random(), ...norm });
    if (step % 50 === 0) lines.push({ step, "evaluation/fid": 100 * random() });
  }
  return lines;
}

export function textOf(lines: readonly Line[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

export async function runFolder(text: string): Promise<Pick<RunSeriesOptions, "statsFile" | "seriesFile">> {
  const folder = await mkdtemp(join(tmpdir(), "ganglion-series-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [statsFile, seriesFile] = [join(folder, "stats.jsonl"), join(folder, "series.bin")];
  await writeFile(statsFile, text);
  return { statsFile, seriesFile };
}

export async function openSeries(
  files: Pick<RunSeriesOptions, "statsFile" | "seriesFile">,
  options: Partial<RunSeriesOptions> = {},
): Promise<RunSeries> {
  const series = new RunSeries({
    ...files,
    mayWrite: () => Promise.resolve(true),
    pauseMs: 0,
    segmentLines: 1024,
    ...options,
  });
  onTestFinished(() => series.close());
  await series.refresh();
  return series;
}

/** Steps and values of a series in a range; NaN where a value was not finite. */
export function valuesOf(
  lines: readonly Line[],
  name: string,
  { from, to }: { readonly from: number; readonly to: number },
): { readonly steps: number[]; readonly values: number[] } {
  const found = lines.filter((line) => name in line && line["step"]! >= from && line["step"]! <= to);
  return { steps: found.map((line) => line["step"]!), values: found.map((line) => line[name] ?? Number.NaN) };
}

/** What these buckets must be, from every value: where each ends is theirs to choose. */
export function bucketsOver(
  steps: readonly number[],
  values: readonly number[],
  ends: readonly number[],
): { min: number[]; max: number[]; last: number[] } {
  let start = 0;
  const buckets: { min: number[]; max: number[]; last: number[] } = { min: [], max: [], last: [] };
  for (const end of ends) {
    const next = steps.indexOf(end, start) + 1;
    const own = values.slice(start, next);
    const finite = own.filter(Number.isFinite);
    buckets.min.push(finite.length > 0 ? Math.min(...finite) : Number.NaN);
    buckets.max.push(finite.length > 0 ? Math.max(...finite) : Number.NaN);
    buckets.last.push(finite.length === own.length ? own.at(-1)! : Number.NaN);
    start = next;
  }
  return buckets;
}

export function listsOf({ steps, min, max, last }: Buckets): Record<keyof Buckets, number[]> {
  return { steps: [...steps], min: [...min], max: [...max], last: [...last] };
}
