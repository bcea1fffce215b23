// The arithmetic of the page's charts. The page gets these functions as text, so they may use only each other.

/** A step and its value; null where the value was not a number. */
export type Point = readonly [step: number, value: number | null];

/** Neighbouring points as one: their middle step, and what their values were. */
export interface Bucket {
  readonly step: number;
  readonly least: number;
  readonly mean: number;
  readonly most: number;
}

/** At most `count` buckets of equally many points, so that a long run can be seen through its noise. */
export function bucketsOf(points: readonly Point[], count: number): Bucket[] {
  const finite = points.filter((point): point is [number, number] => point[1] !== null);
  const size = Math.max(1, Math.ceil(finite.length / count));
  const buckets: Bucket[] = [];
  for (let at = 0; at < finite.length; at += size) {
    const part = finite.slice(at, at + size);
    const values = part.map(([, value]) => value);
    buckets.push({
      step: (part[0][0] + part[part.length - 1][0]) / 2,
      least: Math.min(...values),
      mean: values.reduce((sum, value) => sum + value, 0) / values.length,
      most: Math.max(...values),
    });
  }
  return buckets;
}

/** Every other point, the last always: half the memory, the same picture. */
export function thinned(points: readonly Point[]): Point[] {
  return points.filter((_, i) => (points.length - 1 - i) % 2 === 0);
}

/** Round numbers (1, 2 or 5 times a power of ten) between `least` and `most`: three to five of them. */
export function ticksOf(least: number, most: number): number[] {
  const rough = (most - least) / 5;
  if (!(rough > 0) || !Number.isFinite(rough)) return [least];
  const power = 10 ** Math.floor(Math.log10(rough));
  const gap = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough)!;
  const ticks: number[] = [];
  for (let i = Math.ceil(least / gap); i * gap <= most; i++) ticks.push(Number((i * gap).toPrecision(12)));
  return ticks;
}

/** Of an axis whose places are logarithms to base ten: decades, or round numbers where there are too few of them. */
export function decadesOf(least: number, most: number): number[] {
  const ticks = most - least < 1.5 ? ticksOf(10 ** least, 10 ** most).map(Math.log10) : ticksOf(least, most);
  return ticks.filter((tick) => most - least < 1.5 || Number.isInteger(tick));
}

/** Whole from 1,000 on; else four digits at most, and none but needed ones. */
export function shortNumber(value: number | null): string {
  if (value === null) return "not a number";
  return String(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4)));
}
