// Lines of different steps as columns of one table, which is what uPlot draws.
import type { Buckets } from "./buckets.ts";
import { smoothed } from "./smoothing.ts";

/** Undefined: the line has no point at this step; null: it has one that is not finite, a gap. */
export type Column = (number | null | undefined)[];

/**
 * The steps of all lines, ascending, and for each line three columns: what is drawn bold, the least and the greatest
 * value. On a logarithmic axis what is not positive is a gap.
 */
export function alignedOf(
  lines: readonly Buckets[],
  { smoothing, isLog }: { readonly smoothing: number; readonly isLog: boolean },
): [number[], ...Column[]] {
  const [first] = lines;
  const isAlike = lines.every(({ steps }) => isSame(steps, first.steps));
  const steps = isAlike
    ? [...(first?.steps ?? [])]
    : [...new Set(lines.flatMap((line) => line.steps))].sort((a, b) => a - b);
  const place = isAlike ? null : new Map(steps.map((step, i) => [step, i]));
  const columns = lines.flatMap((line) => {
    const kept = (values: readonly (number | null)[]): (number | null)[] =>
      isLog ? values.map((value) => (value !== null && value > 0 ? value : null)) : [...values];
    return [smoothed(kept(line.last), smoothing), kept(line.min), kept(line.max)].map((values) => {
      if (place === null) return values;
      const column: Column = Array.from({ length: steps.length });
      line.steps.forEach((step, i) => (column[place.get(step)!] = values[i]));
      return column;
    });
  });
  return [steps, ...columns];
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((step, i) => step === b[i]);
}
