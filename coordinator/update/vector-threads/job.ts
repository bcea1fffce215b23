// How the threads of a team share a job: words of shared memory, and how its tiles are claimed.
import type { Kernels } from "../../../shared/simd/kernels.ts";
import { type PlacedPass, tileRunner } from "./loop-kernels.ts";
import { countOf } from "./tiles.ts";

/** The number of the job whose tiles may be claimed, or `FREE`. */
export const JOB = 0;
/** The next tile that nobody has claimed. */
export const NEXT = 1;
/** Helpers between their look at `JOB` and the end of their last tile. */
export const INSIDE = 2;
/** Grows with every job: what helpers sleep on. */
export const CALLS = 3;
/** Not 0: a helper threw, and has posted the reason. */
export const FAILED = 4;
/** Tiles that helpers have run. */
export const HELPED = 5;
export const WORDS = 6;

export const FREE = 0;

export interface Job {
  /** From 1. */
  readonly number: number;
  readonly passes: readonly PlacedPass[];
}

/** Runs tiles of the job until all are claimed; returns how many. */
export function claimTiles(control: Int32Array, { passes }: Job, kernels: Kernels | null): number {
  let ran = 0;
  let first = 0;
  let claimed = Atomics.add(control, NEXT, 1);
  for (const pass of passes) {
    const end = first + countOf(pass.tiles);
    const runTile = tileRunner(pass, kernels);
    for (; claimed < end; claimed = Atomics.add(control, NEXT, 1), ran++) runTile(claimed - first);
    first = end;
  }
  return ran;
}
