// Recognizes losses that swing: a strong period over the last steps, by the autocorrelation of what is left without a trend.

/** Of a series that swings. */
export interface Swing {
  /** Steps from one height to the next. */
  readonly period: number;
  /** Standard deviation without the trend, now and in the half before. */
  readonly amplitude: number;
  readonly before: number;
  /** Mean magnitude. */
  readonly level: number;
}

/** Steps that are looked at: two of the longest periods. */
export const WINDOW = 256;
const SHORTEST = 8;
const LONGEST = WINDOW / 2;
/** Correlation with itself a period later, and against itself half a period later. */
const PERIODIC = 0.7;
const OPPOSED = -0.5;
/** Beside the mean magnitude. In 40,000 steps of healthy runs one look found a period, of swings of 0.36. */
const LARGE = 0.4;
/** Looks in a row with about the same period. */
const LOOKS = 2;
const SAME_PERIOD = 1.25;

/** Steps between two looks. */
const EVERY = 32;

/** The newest values of a series, looked at every now and then. */
export class Swings {
  readonly #values: number[] = [];
  #count = 0;
  #looks = 0;
  #period = 0;

  /** Takes the next value in; null where there is no lasting swing, or it is not time to look. */
  add(value: number): Swing | null {
    this.#values.push(value);
    if (this.#values.length > WINDOW) this.#values.shift();
    if (++this.#count % EVERY !== 0) return null;
    const swing = swingOf(this.#values);
    const period = swing?.period ?? 0;
    const isSame = Math.max(period, this.#period) <= SAME_PERIOD * Math.min(period, this.#period);
    this.#looks = swing ? (isSame ? this.#looks + 1 : 1) : 0;
    this.#period = period;
    return this.#looks >= LOOKS ? swing : null;
  }
}

/** Null where there is no strong period, or the swings are small. `values`: the newest last, the last `WINDOW` of them count. */
export function swingOf(values: readonly number[]): Swing | null {
  if (values.length < WINDOW) return null;
  const series = withoutTrend(values.slice(-WINDOW));
  const level = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
  const amplitude = deviationOf(series);
  if (!(amplitude >= LARGE * level)) return null;
  const correlations = Array.from({ length: LONGEST + 1 }, (_, lag) => correlation(series, lag));
  const crossing = correlations.findIndex((value) => value < 0);
  if (crossing < 0) return null;
  const period = firstPeak(correlations, crossing);
  const lowest = Math.min(...correlations.slice(0, period));
  if (period < SHORTEST || correlations[period] < PERIODIC || lowest > OPPOSED) return null;
  const before = deviationOf(series.slice(0, WINDOW / 2));
  return { period, amplitude: deviationOf(series.slice(WINDOW / 2)), before, level };
}

/** The first peak from `from` on that is about as high as the highest: later ones are its multiples. */
function firstPeak(values: readonly number[], from: number): number {
  const highest = Math.max(...values.slice(from));
  let peak = values.findIndex((value, i) => i >= from && value >= 0.9 * highest);
  while (values[peak + 1] > values[peak]) peak++;
  return peak;
}

/** What a straight line through it leaves. */
function withoutTrend(values: readonly number[]): number[] {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const along = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0);
  const across = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return values.map((value, i) => value - mean - (along / across) * (i - middle));
}

/** Of a series of mean 0 with itself `lag` later, of what overlaps: -1 … 1. */
function correlation(series: readonly number[], lag: number): number {
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i + lag < series.length; i++) {
    product += series[i] * series[i + lag];
    first += series[i] ** 2;
    second += series[i + lag] ** 2;
  }
  return product / Math.sqrt(first * second || 1);
}

function deviationOf(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
}
