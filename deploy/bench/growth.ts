// Whether a process grows: the slope of its memory over the steps.
import { median } from "./speed.ts";

/**
 * Bytes a step: the median of the slopes between all pairs of steps (Theil 1950, Sen 1968), so that what the garbage
 * collector frees at once, or has not yet freed, does not decide. `resident` are the bytes after each step; the first
 * half is left out, in which buffers and pools still fill.
 */
export function growthOf(resident: readonly number[]): number {
  const settled = resident.slice(Math.floor(resident.length / 2));
  const slopes = settled.flatMap((bytes, step) =>
    settled.slice(step + 1).map((later, after) => (later - bytes) / (after + 1)),
  );
  return slopes.length > 0 ? median(slopes) : 0;
}
