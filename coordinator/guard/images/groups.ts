// Near copies among images: those much closer to each other than two of the same set usually are.
import type { Spread } from "./spread.ts";

export interface Groups {
  /** Share of the images that have a near copy among the others. */
  readonly copied: number;
  /** How many images are left when near copies count as one. */
  readonly different: number;
}

/** Of a set's distance, at which two of it are near copies. */
export const NEAR = 0.15;

/** Images in a row of near copies count as one (single linkage). All alike, to float32's precision: one. */
export function groupsOf({ distance, nearest, squared }: Spread): Groups {
  const limit = (NEAR * distance) ** 2;
  const group = nearest.map((_, i) => i);
  const rootOf = (i: number): number => (group[i] === i ? i : (group[i] = rootOf(group[i])));
  let pair = 0;
  for (let i = 0; i < group.length; i++)
    for (let j = i + 1; j < group.length; j++) if (squared[pair++] <= limit) group[rootOf(i)] = rootOf(j);
  const copied = nearest.reduce((sum, each) => sum + (each <= NEAR * distance ? 1 : 0), 0);
  return { copied: copied / group.length, different: new Set(group.map((_, i) => rootOf(i))).size };
}
