// Short convolutions with few products (Toom 1963, Cook 1966; for images Winograd 1980, Lavin & Gray 2016).

/**
 * Three matrices over n = m + r - 1 points, with which m outputs of a correlation with r taps need n products, not m·r:
 *
 *   y[i] = Σ_a x[i + a]·w[a]   =   Σ_u output[i][u] · (Σ_a taps[u][a]·w[a]) · (Σ_j input[u][j]·x[j])
 *
 * `input` is [n, n] and depends on n alone, so a tile of x serves every split of n into m and r.
 */
export interface ToomCook {
  readonly input: Matrix;
  readonly taps: Matrix;
  readonly output: Matrix;
}

export type Matrix = readonly (readonly number[])[];

/**
 * Finite points in the order in which they are taken; the last point is infinity. Small numbers and their reciprocals
 * keep the float32 error low: measured 1.4e-6 for n = 6, 3.5e-6 for n = 7, 4.0e-6 for n = 8, relative, in two
 * dimensions (signs as Barabasz et al. 2020, "Error analysis and improving the accuracy of Winograd convolution").
 */
const POINTS = [0, 1, -1, 1 / 2, -2, 2, -1 / 2];

/** With more points the error passes 1e-5. */
export const MOST_POINTS = POINTS.length + 1;

export function toomCook(outputs: number, taps: number): ToomCook {
  const n = outputs + taps - 1;
  const finite = POINTS.slice(0, n - 1);
  /** Row u: the powers of point u; at infinity only the highest counts. */
  const powers = (count: number): number[][] => [
    ...finite.map((point) => Array.from({ length: count }, (_, i) => point ** i)),
    Array.from({ length: count }, (_, i) => (i === count - 1 ? 1 : 0)),
  ];
  // Evaluating, multiplying and interpolating gives a full convolution; its transpose is the correlation.
  return {
    input: transpose(inverse(powers(n))),
    taps: powers(taps),
    output: transpose(powers(outputs)),
  };
}

export function transpose(matrix: Matrix): number[][] {
  return matrix[0].map((_, column) => matrix.map((row) => row[column]));
}

/** Gauss-Jordan in double: the matrices are at most 8 × 8, and rounded to float32 in the end. */
function inverse(matrix: Matrix): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++)
      if (Math.abs(rows[i][column]) > Math.abs(rows[pivot][column])) pivot = i;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    const scale = rows[column][column];
    rows[column] = rows[column].map((value) => value / scale);
    for (let i = 0; i < n; i++) {
      const factor = rows[i][column];
      if (i !== column && factor !== 0) rows[i] = rows[i].map((value, j) => value - factor * rows[column][j]);
    }
  }
  return rows.map((row) => row.slice(n));
}
