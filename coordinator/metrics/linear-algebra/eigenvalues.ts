// Eigenvalues of a symmetric tridiagonal matrix, without its eigenvectors.
import { GanglionError } from "../../../shared/errors.ts";
import type { Tridiagonal } from "./tridiagonal.ts";

/** Sweeps an eigenvalue; one or two are usual. */
const MOST_SWEEPS = 60;

/**
 * All eigenvalues, in no order, each within a few 2^-52 of the largest: the implicit QL method (Dubrulle, Martin and
 * Wilkinson, "The implicit QL algorithm", 1968).
 */
export function tridiagonalEigenvalues({ diagonal, beside }: Tridiagonal): Float64Array {
  const n = diagonal.length;
  const d = diagonal.slice();
  const e = new Float64Array(n); // e[i] stands between d[i] and d[i + 1]
  e.set(beside.subarray(1));
  const norm = d.reduce((most, value, i) => Math.max(most, Math.abs(value) + Math.abs(e[i])), 0);
  const rounding = norm * Number.EPSILON;
  for (let first = 0; first < n; first++) {
    for (let sweeps = 0; ; sweeps++) {
      let end = first;
      while (end < n - 1 && Math.abs(e[end]) > rounding) end++;
      if (end === first) break;
      if (sweeps === MOST_SWEEPS) {
        throw new GanglionError(
          "ENGINE",
          `eigenvalue ${first} of ${n} is not found after ${MOST_SWEEPS} sweeps: please report the two sets of features`,
        );
      }
      sweep(d, e, first, end);
    }
  }
  return d;
}

/** One QL step with an implicit shift over the block first … end, by rotations from its end upwards. */
function sweep(d: Float64Array, e: Float64Array, first: number, end: number): void {
  const slope = (d[first + 1] - d[first]) / (2 * e[first]);
  const root = Math.sqrt(slope * slope + 1);
  let g = d[end] - d[first] + e[first] / (slope + (slope < 0 ? -root : root));
  let sine = 1;
  let cosine = 1;
  let shift = 0;
  for (let i = end - 1; i >= first; i--) {
    const f = sine * e[i];
    const b = cosine * e[i];
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] -= shift; // the block falls into two
      e[end] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = d[i + 1] - shift;
    const t = (d[i] - g) * sine + 2 * cosine * b;
    shift = sine * t;
    d[i + 1] = g + shift;
    g = cosine * t - b;
  }
  d[first] -= shift;
  e[first] = g;
  e[end] = 0;
}
