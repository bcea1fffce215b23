// How different images are from each other: distances between all pairs, and to the nearest other one.

/** Of N vectors of equal length. */
export interface Spread {
  /** Root of the mean squared distance of two of them, an element: 0 where all are equal. */
  readonly distance: number;
  /** The same of each to the one that is nearest to it; [N]. */
  readonly nearest: readonly number[];
}

/**
 * All N (N − 1) / 2 pairs:
 *
 *   distance = √ mean over i < j of ‖x_i − x_j‖² / length
 */
export function spreadOf(rows: readonly Float32Array[]): Spread {
  const nearest = rows.map(() => Number.POSITIVE_INFINITY);
  let sum = 0;
  let pairs = 0;
  for (const [i, j, squared] of squaredDistances(rows)) {
    sum += squared;
    pairs++;
    nearest[i] = Math.min(nearest[i], squared);
    nearest[j] = Math.min(nearest[j], squared);
  }
  return { distance: Math.sqrt(sum / Math.max(1, pairs)), nearest: nearest.map(Math.sqrt) };
}

/** Of each pair i < j, the mean squared difference of an element. */
export function* squaredDistances(
  rows: readonly Float32Array[],
): Generator<readonly [i: number, j: number, squared: number]> {
  for (let i = 0; i < rows.length; i++)
    for (let j = i + 1; j < rows.length; j++) yield [i, j, squaredDistance(rows[i], rows[j])];
}

/** How far the mean of one set is from that of another: mean squared difference of an element. */
export function shiftOf(rows: readonly Float32Array[], others: readonly Float32Array[]): number {
  return squaredDistance(meanOf(rows), meanOf(others));
}

function meanOf(rows: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(rows[0].length);
  for (const row of rows) for (let i = 0; i < row.length; i++) mean[i] += row[i] / rows.length;
  return mean;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum / a.length;
}
