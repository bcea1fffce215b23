// Cuts of flat vectors into pieces that threads take one after the other. The cuts do not depend on the threads.
import type { Section } from "../../../shared/protocol/layout.ts";
import { sharedIntegers } from "./shared-memory.ts";

/** Elements of a tile: many times the cost of claiming one. */
export const TILE = 16_384;

/** Tile k covers the elements `tiles[k]` … `tiles[k + 1] - 1`; in shared memory. */
export type Tiles = Int32Array;

/** Cuts each section into tiles of its own. RangeError where a section does not begin at the end of the one before. */
export function cut(sections: readonly Section[]): Tiles {
  const bounds: number[] = sections.slice(0, 1).map(({ offset }) => offset);
  for (const { offset, length } of sections) {
    if (offset !== bounds.at(-1))
      throw new RangeError(`a section begins at ${offset}, not at ${bounds.at(-1)}`);
    for (let start = offset; start < offset + length; start += TILE)
      bounds.push(Math.min(start + TILE, offset + length));
  }
  const tiles = sharedIntegers(bounds.length);
  tiles.set(bounds);
  return tiles;
}

export function countOf(tiles: Tiles): number {
  return Math.max(0, tiles.length - 1);
}
