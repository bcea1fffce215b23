// Where a step's time goes, from the spans of its work.
import type { Span, SpanName } from "../../shared/spans.ts";

/** Shares of the steps' time, adding up to 1. Work that overlaps the threads' computing costs no time and is not counted. */
export interface Breakdown {
  /** At least one thread computes: inputs, the program, its result. */
  readonly compute: number;
  readonly averaging: number;
  readonly optimizer: number;
  /** Messages, leases, events, the ledger, waiting. */
  readonly protocol: number;
}

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** `ends` are the ends of consecutive steps, the first of them the beginning of the time that counts. */
export function breakdownOf(spans: readonly Span[], ends: readonly number[]): Breakdown {
  const whole: Interval = { from: ends[0], to: ends.at(-1)! };
  const of = (...names: SpanName[]): number =>
    lengthOf(
      spans.filter(({ name }) => names.includes(name)).map(({ from, to }) => clip({ from, to }, whole)),
    );
  const total = whole.to - whole.from;
  const compute = of("compute");
  const averaged = of("compute", "averaging");
  const optimized = of("compute", "averaging", "optimizer");
  return {
    compute: compute / total,
    averaging: (averaged - compute) / total,
    optimizer: (optimized - averaged) / total,
    protocol: (total - optimized) / total,
  };
}

function clip({ from, to }: Interval, whole: Interval): Interval {
  return { from: Math.max(from, whole.from), to: Math.min(to, whole.to) };
}

/** Length of the union. */
function lengthOf(intervals: readonly Interval[]): number {
  let length = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const { from, to } of intervals.toSorted((a, b) => a.from - b.from)) {
    if (to <= reached || to <= from) continue;
    length += to - Math.max(from, reached);
    reached = to;
  }
  return length;
}
