// Lines as rows of a heat map: one cell for each row and each of equally wide spans of steps.
import { type Buckets, extreme, firstAt } from "./buckets.ts";

export interface Heat {
  /** By row, then by span: 0 (least of all rows) … 1 (greatest), on a logarithmic scale; null where there is no number. */
  readonly cells: readonly (readonly (number | null)[])[];
  /** What 0 and 1 stand for; equal where all numbers are. */
  readonly least: number;
  readonly greatest: number;
}

/** A cell has the greatest value of its span, so that nothing that exploded is missed. Null without a positive number. */
export function heatOf(
  rows: readonly Buckets[],
  { from, to, spans }: { readonly from: number; readonly to: number; readonly spans: number },
): Heat | null {
  const width = (to + 1 - from) / spans;
  const values = rows.map(({ steps, max }) =>
    Array.from({ length: spans }, (_, i) => {
      const begin = firstAt(steps, from + i * width);
      const found = extreme(max, begin, firstAt(steps, from + (i + 1) * width), Math.max);
      return found !== null && found > 0 ? Math.log10(found) : null;
    }),
  );
  const all = values.flat().filter((value) => value !== null);
  if (all.length === 0) return null;
  const [least, greatest] = all.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
  const range = greatest - least || 1;
  return {
    cells: values.map((row) => row.map((value) => (value === null ? null : (value - least) / range))),
    least: 10 ** least,
    greatest: 10 ** greatest,
  };
}

/**
 * A colour for 0 … 1, dark to bright, which the colour-blind read too: six stops of viridis (Smith & van der Walt 2015),
 * with straight lines between them.
 */
export function viridis(part: number): readonly [red: number, green: number, blue: number] {
  const place = Math.min(1, Math.max(0, part)) * (STOPS.length - 1);
  const below = Math.min(STOPS.length - 2, Math.floor(place));
  const [low, high] = [STOPS[below], STOPS[below + 1]];
  const mixed = (i: number): number => Math.round(low[i] + (place - below) * (high[i] - low[i]));
  return [mixed(0), mixed(1), mixed(2)];
}

const STOPS = [
  [68, 1, 84],
  [65, 68, 135],
  [42, 120, 142],
  [34, 168, 132],
  [122, 209, 81],
  [253, 231, 37],
] as const;
