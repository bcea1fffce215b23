// Whether a process grows: the slope of its memory over the steps.
import { median } from "./speed.ts";

/** Readings left out at the start, while buffers and pools still fill (seed-gan levels off after 10 to 30 steps). */
const UNSETTLED = 30;
/** The fewest readings a slope is taken from: the garbage collector runs every few steps. */
const LEAST = 10;

/** From so many readings on, a growth is reported. */
export const TELLING_STEPS = UNSETTLED + LEAST;

/**
 * Bytes a step: the median of the slopes between all pairs of steps (Theil 1950, Sen 1968), so that what the garbage
 * collector frees at once, or has not yet freed, does not decide. `resident` are the bytes after each step. Null where
 * these are too few to tell.
 */
export function growthOf(resident: readonly number[]): number | null {
  if (resident.length < TELLING_STEPS) return null;
  const settled = resident.slice(UNSETTLED);
  return median(
    settled.flatMap((bytes, step) =>
      settled.slice(step + 1).map((later, after) => (later - bytes) / (after + 1)),
    ),
  );
}
