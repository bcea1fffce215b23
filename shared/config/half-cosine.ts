// The curve of cosine schedules.
import { circlePoint } from "../random/portable-math.ts";

/** (1 + cos πp) / 2 for p in 0 … 1, with the same bits on every machine. */
export function halfCosine(part: number): number {
  const point = new Float64Array(2);
  circlePoint(Math.floor(part * 2 ** 31), point);
  return (1 + point[0]) / 2;
}
