// The coordinator's loops over flat vectors, as data: any thread can run any tile of one, and the bits are the same.
import { type AdamLoop, adamLoop } from "../optimizers/adam.ts";
import { type RmspropLoop, rmspropLoop } from "../optimizers/rmsprop.ts";
import { type MomentumLoop, type SgdLoop, momentumLoop, sgdLoop } from "../optimizers/sgd.ts";
import { type GradientTransformLoop, gradientTransformLoop } from "../optimizers/gradient-transform.ts";
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

/** What runs loops: this thread by itself, or a `Team` of threads. */
export interface VectorThreads {
  /** Runs every tile of the loop, and returns when all are done. */
  run(loop: Loop, tiles: Tiles): void;
}

/** In this thread, tile after tile. */
export const singleThreaded: VectorThreads = {
  run(loop, tiles) {
    for (let tile = 0; tile < countOf(tiles); tile++) runTile(loop, tiles, tile);
  },
};

/** Every loop is a function of its own at the top of a module: V8 compiles it once, however many optimizers there are. */
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
  for (; i < end; i++) a += (vector[i] * scale) ** 2;
  return a + b + (c + d);
}
