// The exponential moving average of the generator's weights, which draws better samples than the weights of any one step.
import { type ImagesUsed, type Scheduled, scheduledAt } from "../../shared/config/scheduled.ts";
import { copyBytes } from "../../shared/copy-bytes.ts";
import { type Section, viewOf } from "../../shared/protocol/layout.ts";
import { type EmaLoop, type VectorThreads, singleThreaded } from "./vector-threads/loops.ts";
import { type Tiles, cut } from "./vector-threads/tiles.ts";

/** How fast an average follows: by its decay an update, or by the images in which a weight's part in it halves. */
export interface AverageRule {
  /** 0 < decay < 1. */
  readonly decay: number;
  /** Images; takes the place of the decay. */
  readonly halfLife?: Scheduled | undefined;
  /** The half-life is at most this part of the images that the generator has been trained with. */
  readonly rampUp?: number | undefined;
}

/** An update of the generator. */
export interface GeneratorUpdate {
  /** Of it, this one included. */
  readonly updates: number;
  /** That it had been trained with before this update. */
  readonly images: number;
  /** B, images of the update. */
  readonly batch: number;
  /** Where the run is. */
  readonly at: ImagesUsed;
}

export interface EmaOptions {
  /** [P] */
  readonly initial: Float32Array;
  /** The generator's weights in the layout. */
  readonly generator: Section;
  readonly rule: AverageRule;
  /** This thread by itself by default. */
  readonly threads?: VectorThreads;
}

export class Ema {
  readonly #generator: Section;
  readonly #tiles: Tiles;
  readonly #rule: AverageRule;
  readonly #threads: VectorThreads;
  readonly #weights: Float32Array;
  /** [P], the newest weights, where what is not the generator's is still to be taken from them. */
  #newest: Float32Array | null = null;

  constructor({ initial, generator, rule, threads = singleThreaded }: EmaOptions) {
    this.#generator = generator;
    this.#tiles = cut([{ offset: 0, length: generator.length }]);
    this.#rule = rule;
    this.#threads = threads;
    this.#weights = threads.floats(initial.length);
    this.#weights.set(initial);
  }

  /** [P]: the average in the generator's section, all else as in the newest weights. Changes with the next update. */
  get weights(): Float32Array {
    if (this.#newest) this.#copyRest(this.#newest);
    this.#newest = null;
    return this.#weights;
  }

  restore(weights: Float32Array): void {
    this.#newest = null;
    this.#weights.set(weights);
  }

  /**
   * Follows new weights [P]: ema = decay·ema + (1 - decay)·weights where the generator was trained; `update` is null where
   * it was not.
   */
  update(weights: Float32Array, update: GeneratorUpdate | null): void {
    this.takeRest(weights);
    if (update !== null)
      this.#threads.run([
        { loops: [this.loop(viewOf(weights, this.#generator), update)], tiles: this.#tiles },
      ]);
  }

  /** What follows the generator's new weights, for a pass over that network. */
  loop(weights: Float32Array, update: GeneratorUpdate): EmaLoop {
    const ema = viewOf(this.#weights, this.#generator);
    return { kind: "ema", ema, weights, decay: decayOf(this.#rule, update) };
  }

  /** Takes all but the generator's from new weights [P], when it is asked for: they must stay until the next update. */
  takeRest(weights: Float32Array): void {
    this.#newest = weights;
  }

  #copyRest(weights: Float32Array): void {
    const { offset, length } = this.#generator;
    const end = offset + length;
    const rest: readonly Section[] = [
      { offset: 0, length: offset },
      { offset: end, length: weights.length - end },
    ];
    for (const section of rest) copyBytes(viewOf(this.#weights, section), viewOf(weights, section));
  }
}

/**
 * What an update leaves of the average. With a half-life of h images, 2^(-B / h): after h images half of it is left. With a
 * ramp-up r, h is at most r times the images so far, and the first weights are forgotten at once (Karras et al. 2020).
 */
export function decayOf(
  { decay, halfLife, rampUp }: AverageRule,
  { updates, images, batch, at }: GeneratorUpdate,
): number {
  if (halfLife === undefined) return warmUpDecay(decay, updates - 1);
  const most = rampUp === undefined ? Infinity : rampUp * images;
  return 2 ** (-batch / Math.min(scheduledAt(halfLife, at), most)); // 0 where there is none yet
}

/**
 * A decay that starts low, so that the average forgets the random first weights: min(decay, (1 + t) / (10 + t)) after
 * `t` earlier updates, as TensorFlow's ExponentialMovingAverage with `num_updates`.
 */
export function warmUpDecay(decay: number, t: number): number {
  return Math.min(decay, (1 + t) / (10 + t));
}
