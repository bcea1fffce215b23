// Near copies among images: those much closer to each other than two of the same set usually are.
import { type Spread, squaredDistances } from "./spread.ts";

export interface Groups {
  /** Share of the images that have a near copy among the others. */
  readonly copied: number;
  /** How many images are left when near copies count as one. */
  readonly different: number;
}

/** Of a set's distance, at which two of it are near copies. */
export const NEAR = 0.15;

/** Images in a row of near copies count as one (single linkage). All alike, to float32's precision: one. */
export function groupsOf(rows: readonly Float32Array[], { distance, nearest }: Spread): Groups {
  const limit = (NEAR * distance) ** 2;
  const group = rows.map((_, i) => i);
  const rootOf = (i: number): number => (group[i] === i ? i : (group[i] = rootOf(group[i])));
  for (const [i, j, squared] of squaredDistances(rows)) if (squared <= limit) group[rootOf(i)] = rootOf(j);
  const copied = nearest.reduce((sum, each) => sum + (each <= NEAR * distance ? 1 : 0), 0);
  return { copied: copied / rows.length, different: new Set(rows.map((_, i) => rootOf(i))).size };
}
