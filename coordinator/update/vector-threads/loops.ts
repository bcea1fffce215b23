// The coordinator's loops over flat vectors, as data: any thread can run any tile of one, and the bits are the same.
import { type AdamLoop, adamLoop } from "../optimizers/adam.ts";
import { type RmspropLoop, rmspropLoop } from "../optimizers/rmsprop.ts";
import { type MomentumLoop, type SgdLoop, momentumLoop, sgdLoop } from "../optimizers/sgd.ts";
import { type GradientTransformLoop, gradientTransformLoop } from "../optimizers/gradient-transform.ts";
import { sharedFloats } from "./shared-memory.ts";
import { type Tiles, countOf } from "./tiles.ts";

/**
 * Vectors are of one length and indexed alike, but for one that is not used and therefore empty, and for `sums`, which
 * has one number a tile. A loop writes only the elements of its tile, and reads no others of what it writes.
 */
export type Loop =
  | AddingLoop
  | SquaresLoop
  | GradientTransformLoop
  | SgdLoop
  | MomentumLoop
  | RmspropLoop
  | AdamLoop
  | EmaLoop;

/** into = into + from, float32: the sum that the tree over shards is made of. */
export interface AddingLoop {
  readonly kind: "add";
  readonly into: Float32Array;
  readonly from: Float32Array;
}

/** sums[tile] = Σ (vector · scale)², in double. */
export interface SquaresLoop {
  readonly kind: "squares";
  readonly vector: Float32Array;
  readonly scale: number;
  readonly sums: Float64Array;
}

/** ema = decay·ema + (1 - decay)·weights, in place; in double, rounded once. */
export interface EmaLoop {
  readonly kind: "ema";
  readonly ema: Float32Array;
  readonly weights: Float32Array;
  readonly decay: number;
}

/**
 * Loops that go over their vectors together: in each tile one after the other, while it is in the cache. So their vectors
 * are all of one length and indexed alike.
 */
export interface Pass {
  readonly loops: readonly Loop[];
  readonly tiles: Tiles;
}

/** What runs loops: this thread by itself, or a `Team` of threads. */
export interface VectorThreads {
  /** Runs every tile of the passes, which do not depend on each other, and returns when all are done. */
  run(passes: readonly Pass[]): void;
  /** Zeros, in shared memory, where the loops are fastest. */
  floats(length: number): Float32Array;
}

/** In this thread, tile after tile. */
export const singleThreaded: VectorThreads = {
  run(passes) {
    for (const { loops, tiles } of passes)
      for (let tile = 0; tile < countOf(tiles); tile++) for (const loop of loops) runTile(loop, tiles, tile);
  },
  floats: sharedFloats,
};

/**
 * The loop as it reads; kernels (`loop-kernels.ts`) do the same faster, with the same bits. Every loop is a function of its
 * own at the top of a module: V8 compiles it once, however many optimizers there are.
 */
export function runTile(loop: Loop, tiles: Tiles, tile: number): void {
  const [start, end] = [tiles[tile], tiles[tile + 1]];
  switch (loop.kind) {
    case "add":
      return addingLoop(loop, start, end);
    case "squares":
      loop.sums[tile] = squaresOf(loop.vector, loop.scale, start, end);
      return;
    case "gradient-transform":
      return gradientTransformLoop(loop, start, end);
    case "sgd":
      return sgdLoop(loop, start, end);
    case "momentum":
      return momentumLoop(loop, start, end);
    case "rmsprop":
      return rmspropLoop(loop, start, end);
    case "adam":
      return adamLoop(loop, start, end);
    case "ema":
      return emaLoop(loop, start, end);
    default:
      // A thread of an older build would else leave its tile out, and the weights would be wrong.
      throw new RangeError(
        `this thread knows no loop ${JSON.stringify((loop satisfies never as Loop).kind)}`,
      );
  }
}

function addingLoop({ into, from }: AddingLoop, start: number, end: number): void {
  for (let i = start; i < end; i++) into[i] += from[i];
}

function emaLoop({ ema, weights, decay }: EmaLoop, start: number, end: number): void {
  for (let i = start; i < end; i++) ema[i] += (1 - decay) * (weights[i] - ema[i]);
}

/** Four sums beside each other: one alone waits for its last addition before it can begin the next. */
function squaresOf(vector: Float32Array, scale: number, start: number, end: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = start;
  for (; i + 3 < end; i += 4) {
    const p = vector[i] * scale;
    const q = vector[i + 1] * scale;
    const r = vector[i + 2] * scale;
    const s = vector[i + 3] * scale;
    a += p * p;
    b += q * q;
    c += r * r;
    d += s * s;
  }
  for (; i < end; i++) {
    const p = vector[i] * scale;
    a += p * p;
  }
  return a + b + (c + d);
}
