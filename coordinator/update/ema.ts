// The exponential moving average of the generator's weights, which draws better samples than the weights of any one step.
import { type Section, viewOf } from "../../shared/protocol/layout.ts";
import { type VectorThreads, singleThreaded } from "./vector-threads/loops.ts";
import { sharedFloats } from "./vector-threads/shared-memory.ts";
import { type Tiles, cut } from "./vector-threads/tiles.ts";

export interface EmaOptions {
  /** [P] */
  readonly initial: Float32Array;
  /** The generator's weights in the layout. */
  readonly generator: Section;
  /** 0 < decay < 1. */
  readonly decay: number;
  /** This thread by itself by default. */
  readonly threads?: VectorThreads;
}

export class Ema {
  readonly #generator: Section;
  readonly #tiles: Tiles;
  readonly #decay: number;
  readonly #threads: VectorThreads;
  readonly #weights: Float32Array;

  constructor({ initial, generator, decay, threads = singleThreaded }: EmaOptions) {
    this.#generator = generator;
    this.#tiles = cut([generator]);
    this.#decay = decay;
    this.#threads = threads;
    this.#weights = sharedFloats(initial.length);
    this.#weights.set(initial);
  }

  /** [P]: the average in the generator's section, all else as in the newest weights. Changes with the next update. */
  get weights(): Float32Array {
    return this.#weights;
  }

  restore(weights: Float32Array): void {
    this.#weights.set(weights);
  }

  /**
   * Follows new weights [P]: ema = decay·ema + (1 - decay)·weights where the generator was trained, in its `updates`-th
   * update (1 is the first); `updates` is null where it was not.
   */
  update(weights: Float32Array, updates: number | null): void {
    const { offset, length } = this.#generator;
    const end = offset + length;
    const rest: readonly Section[] = [
      { offset: 0, length: offset },
      { offset: end, length: weights.length - end },
    ];
    for (const section of rest) viewOf(this.#weights, section).set(viewOf(weights, section));
    if (updates === null) return;
    const decay = warmUpDecay(this.#decay, updates - 1);
    this.#threads.run({ kind: "ema", ema: this.#weights, weights, decay }, this.#tiles);
  }
}

/**
 * A decay that starts low, so that the average forgets the random first weights: min(decay, (1 + t) / (10 + t)) after
 * `t` earlier updates, as TensorFlow's ExponentialMovingAverage with `num_updates`.
 */
export function warmUpDecay(decay: number, t: number): number {
  return Math.min(decay, (1 + t) / (10 + t));
}
