// Logarithm, sine and cosine from + - * / alone, so that they give the same bits on every machine and every Node version.

const QUARTER_PI = Math.PI / 4;
/** 2^0, 2^-1 … 2^-32: `**` is a call of many times the cost. */
const HALVES = Float64Array.from({ length: 33 }, (_, i) => 2 ** -i);

/** ln(word / 2^32) for a whole number 1 … 2^32; within 1e-14 of the true value. */
export function logOfWord(word: number): number {
  // word = mantissa · 2^exponent with the mantissa in [1/√2, √2)
  let exponent = word >= 2 ** 32 ? 32 : 31 - Math.clz32(word);
  let mantissa = word * HALVES[exponent];
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  return 2 * s * atanhSeries(square) + (exponent - 32) * Math.LN2;
}

/** atanh(s) / s = 1 + s²/3 + s⁴/5 + …, of s²; with |s| ≤ 0.172 what is left out is below 1e-16. */
function atanhSeries(q: number): number {
  return (
    1 +
    q *
      (1 / 3 +
        q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13 + q * (1 / 15 + q * (1 / 17))))))))
  );
}

/** Writes cos and sin of 2π·word / 2^32 into `out` [2], for a whole number 0 … 2^32 - 1; within 1e-12. */
export function circlePoint(word: number, out: Float64Array): void {
  const octant = word >>> 29;
  const rest = (word & 0x1fffffff) / 2 ** 29;
  // Odd octants run backwards, so the angle is always in 0 … π/4.
  const angle = (octant & 1 ? 1 - rest : rest) * QUARTER_PI;
  const q = angle * angle;
  const sin =
    angle *
    (1 +
      q *
        (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880 + q * (-1 / 39916800 + q / 6227020800))))));
  const cos =
    1 + q * (-1 / 2 + q * (1 / 24 + q * (-1 / 720 + q * (1 / 40320 + q * (-1 / 3628800 + q / 479001600)))));
  const swapped = ((octant + 1) & 2) !== 0;
  const x = swapped ? sin : cos;
  const y = swapped ? cos : sin;
  out[0] = octant >= 2 && octant < 6 ? -x : x;
  out[1] = octant >= 4 ? -y : y;
}
