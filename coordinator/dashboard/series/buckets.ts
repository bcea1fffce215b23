// Values of a series by steps, and what many of them become where there is room for few: buckets of minimum, maximum, last.
//
// A value that was not finite is NaN.

/** Bucket i holds the values of the steps after `steps[i - 1]` and up to `steps[i]`; all arrays have one length. */
export interface Buckets {
  /** The last step of each bucket, ascending. */
  readonly steps: Float64Array;
  /** Of its finite values; NaN where it has none. */
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** The value of its last step; NaN where any of its values was not finite, so that a line drawn through has a gap there. */
  readonly last: Float64Array;
}

/** Each value as a bucket of its own; shares the arrays. */
export function singles(steps: Float64Array, values: Float64Array): Buckets {
  return { steps, min: values, max: values, last: values };
}

/**
 * Folds the parts, in their order, into at most `most` buckets of about equally many values or buckets each; every minimum
 * and maximum is that of all values.
 */
export function fold(parts: readonly Buckets[], most: number): Buckets {
  const total = parts.reduce((sum, { steps }) => sum + steps.length, 0);
  const groups = Math.min(total, most);
  const folded = emptyBuckets(groups);
  let done = 0; // of `total`
  let group = -1;
  let nextStart = 0;
  for (const part of parts) {
    for (let i = 0; i < part.steps.length; i++, done++) {
      const isFirst = done === nextStart;
      if (isFirst) nextStart = Math.floor(((++group + 1) * total) / groups);
      put(folded, group, part, i, isFirst);
    }
  }
  return folded;
}

/** Folds each `width` values, and what is left at the end, into one bucket. */
export function foldBy(width: number, values: Buckets): Buckets {
  const folded = emptyBuckets(Math.ceil(values.steps.length / width));
  for (let i = 0; i < values.steps.length; i++)
    put(folded, Math.floor(i / width), values, i, i % width === 0);
  return folded;
}

/** Those from the first to before the end. */
export function slice({ steps, min, max, last }: Buckets, first: number, end: number): Buckets {
  return {
    steps: steps.subarray(first, end),
    min: min.subarray(first, end),
    max: max.subarray(first, end),
    last: last.subarray(first, end),
  };
}

/** The first place in ascending `steps` of which the step is at least `step`; its length where there is none. */
export function placeOfStep(steps: Float64Array, step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

function emptyBuckets(length: number): Buckets {
  return {
    steps: new Float64Array(length),
    min: new Float64Array(length),
    max: new Float64Array(length),
    last: new Float64Array(length),
  };
}

/** Adds bucket `i` of `from` to bucket `at`, or begins that with it. */
function put(to: Buckets, at: number, from: Buckets, i: number, isFirst: boolean): void {
  to.steps[at] = from.steps[i];
  if (isFirst) {
    to.min[at] = from.min[i];
    to.max[at] = from.max[i];
    to.last[at] = from.last[i];
    return;
  }
  // Written so that a NaN loses against a number: comparisons with it are false.
  if (!(from.min[i] >= to.min[at]) && !Number.isNaN(from.min[i])) to.min[at] = from.min[i];
  if (!(from.max[i] <= to.max[at]) && !Number.isNaN(from.max[i])) to.max[at] = from.max[i];
  to.last[at] = Number.isNaN(to.last[at]) ? to.last[at] : from.last[i];
}
