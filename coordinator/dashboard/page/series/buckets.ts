// A line of a chart, as buckets: neighbouring points as one, with their least, greatest and last value.

/** Columns of equal length, ascending by step; null where no value was finite. */
export interface Buckets {
  readonly steps: readonly number[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  readonly last: readonly (number | null)[];
}

export const NO_BUCKETS: Buckets = { steps: [], min: [], max: [], last: [] };

/** The same while it grows. */
export interface GrowingBuckets {
  readonly steps: number[];
  readonly min: (number | null)[];
  readonly max: (number | null)[];
  readonly last: (number | null)[];
}

/** The index of the first step that is `step` or later. */
export function firstAt(steps: readonly number[], step: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What of `whole` lies in `from` … `to`, in at most `count` buckets of equally many steps. Each minimum and each maximum
 * is in one of them; a bucket's step is its last point's, so that `last` is the value at that step.
 */
export function coarser(whole: Buckets, from: number, to: number, count: number): Buckets {
  const [begin, end] = [firstAt(whole.steps, from), firstAt(whole.steps, to + 1)];
  if (end - begin <= count) return sliced(whole, begin, end);
  const first = whole.steps[begin];
  const width = (whole.steps[end - 1] + 1 - first) / count;
  const out: GrowingBuckets = { steps: [], min: [], max: [], last: [] };
  for (let at = begin; at < end;) {
    const beyond = first + (Math.floor((whole.steps[at] - first) / width) + 1) * width;
    const until = Math.max(at + 1, Math.min(end, firstAt(whole.steps, Math.ceil(beyond))));
    out.steps.push(whole.steps[until - 1]);
    out.min.push(extreme(whole.min, at, until, Math.min));
    out.max.push(extreme(whole.max, at, until, Math.max));
    out.last.push(whole.last[until - 1]);
    at = until;
  }
  return out;
}

export function sliced({ steps, min, max, last }: Buckets, begin: number, end?: number): Buckets {
  return {
    steps: steps.slice(begin, end),
    min: min.slice(begin, end),
    max: max.slice(begin, end),
    last: last.slice(begin, end),
  };
}

/** `early`, and of `late` what comes after it. */
export function continued(early: Buckets, late: Buckets): Buckets {
  if (early.steps.length === 0) return late;
  const after = early.steps[early.steps.length - 1];
  const rest = sliced(late, firstAt(late.steps, after + 1));
  return {
    steps: [...early.steps, ...rest.steps],
    min: [...early.min, ...rest.min],
    max: [...early.max, ...rest.max],
    last: [...early.last, ...rest.last],
  };
}

/** The value at `step`, or the last one before it; undefined where there is none, null where it was not finite. */
export function valueAt({ steps, last }: Buckets, step: number): number | null | undefined {
  const next = firstAt(steps, step + 1);
  return next === 0 ? undefined : last[next - 1];
}

export function extreme(
  values: readonly (number | null)[],
  from: number,
  to: number,
  pick: (a: number, b: number) => number,
): number | null {
  let found: number | null = null;
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (value !== null) found = found === null ? value : pick(found, value);
  }
  return found;
}
