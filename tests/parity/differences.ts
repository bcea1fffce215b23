// How far two systems' losses are apart.

export interface Difference {
  readonly size: number;
  /** In which round, from 0. */
  readonly at: number;
}

/** The largest |actual - expected| / max(1, |expected|); infinite where one is not finite. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  let largest: Difference = { size: 0, at: 0 };
  for (let at = 0; at < expected.length; at++) {
    const difference = Math.abs(actual[at] - expected[at]) / Math.max(1, Math.abs(expected[at]));
    const size = Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY;
    if (size > largest.size) largest = { size, at };
  }
  return largest;
}
