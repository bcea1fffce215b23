// One network's optimizer: how the gradient is transformed and its rule applied; keeps the moments and counts the updates.
import { GanglionError } from "../../../shared/errors.ts";
import type { Section } from "../../../shared/protocol/layout.ts";
import type { OptimizerConfig } from "../../../shared/config/optimizer-config.ts";
import type { ImagesUsed } from "../../../shared/config/scheduled.ts";
import { type Loop, type Pass, type VectorThreads, singleThreaded } from "../vector-threads/loops.ts";
import { type Tiles, cut } from "../vector-threads/tiles.ts";
import { adam } from "./adam.ts";
import { rmsprop } from "./rmsprop.ts";
import type { Moments, RuleStep, UpdateRule } from "./rule.ts";
import { sgd } from "./sgd.ts";

/** What a checkpoint keeps of an optimizer: updates made, and the moments [P] by name. */
export interface OptimizerState {
  readonly t: number;
  readonly moments: Moments;
}

export interface Update extends Pick<RuleStep, "weights" | "next" | "rate"> {
  /** [P], the sum over the shards; written into where it is clipped by value or L2 is added. */
  readonly gradient: Float32Array;
  /** 1 / S, which makes the sum a mean, times the factor of clipping by norm. */
  readonly scale: number;
  /** Of every number of the mean: clipping by value; Infinity where there is none. */
  readonly bound: number;
  /** Where training is: some numbers of the rule may follow that. */
  readonly at: ImagesUsed;
}

/** Consecutive weights of a network that are regularized alike. */
export interface Part extends Section {
  /** Whether L2 and weight decay act on them. */
  readonly decays: boolean;
}

export interface OptimizerOptions {
  readonly config: OptimizerConfig;
  /** P of the network. */
  readonly length: number;
  /** That tile the network; all of it decays by default. */
  readonly parts?: readonly Part[];
  /** Whose memory the moments lie in. */
  readonly threads?: Pick<VectorThreads, "floats">;
}

export class Optimizer {
  readonly #config: OptimizerConfig;
  readonly #rule: UpdateRule<Loop>;
  readonly #parts: readonly { readonly tiles: Tiles; readonly decays: boolean }[];
  readonly #length: number;
  readonly #moments: Moments;
  #t = 0;

  constructor({ config, length, parts, threads = singleThreaded }: OptimizerOptions) {
    this.#config = config;
    this.#rule = ruleOf(config);
    this.#length = length;
    const whole: Part = { offset: 0, length, decays: true };
    const apart = parts && (config.l2 > 0 || config.weightDecay > 0);
    this.#parts = (apart ? parts : [whole]).map((part) => ({ tiles: cut([part]), decays: part.decays }));
    this.#moments = Object.fromEntries(
      this.#rule.moments.map((name) => [name, threads.floats(length)] as const),
    );
  }

  /** The live moments, not copies: they change with the next update. */
  get state(): OptimizerState {
    return { t: this.#t, moments: this.#moments };
  }

  /**
   * One step, which its caller is to run; it counts from now on. In each tile, once its weights are made, `after` runs.
   *
   *   g = clip(gradient · scale) + λ·w       then the rule makes version v + 1 of version v
   *
   * In the order of PyTorch's clip_grad_norm_ and step: the mean is clipped, then L2 is added, so that a long gradient
   * does not weaken the pull on the weights. (Keras has L2 in the loss, and clips their sum.) The gradient must have been
   * found applicable by `clipping`.
   *
   * @throws RangeError when a vector has the wrong length
   */
  step({ weights, gradient, next, scale, bound, rate, at }: Update, after: readonly Loop[] = []): Pass[] {
    for (const vector of [weights, gradient, next]) this.#checkLength(vector);
    this.#t++;
    return this.#parts.map(({ tiles, decays }) => {
      const l2 = decays ? this.#config.l2 : 0;
      const keep = decays ? 1 - rate * this.#config.weightDecay : 1;
      const transforms = l2 > 0 || bound < Number.POSITIVE_INFINITY; // a loop of its own, which most runs do without
      const transform: Loop = { kind: "gradient-transform", gradient, weights, scale, bound, l2 };
      const step = { weights, gradient, next, scale: transforms ? 1 : scale, keep, rate, t: this.#t };
      const rule = this.#rule.loop(step, this.#moments, at);
      return { loops: [...(transforms ? [transform] : []), rule, ...after], tiles };
    });
  }

  /**
   * Copies a checkpoint's moments in.
   *
   * @throws GanglionError CHECKPOINT when they are not the ones that this kind keeps; RangeError when one has the wrong
   *   length
   */
  restore({ t, moments }: OptimizerState): void {
    const listed = (names: readonly string[]): string => [...names].sort().join(", ") || "none";
    const [theirs, ours] = [listed(Object.keys(moments)), listed(this.#rule.moments)];
    if (theirs !== ours) {
      throw new GanglionError(
        "CHECKPOINT",
        `the checkpoint has the moments ${theirs}, and the optimizer ${this.#config.kind} keeps ${ours}: it is another run's`,
      );
    }
    for (const vector of Object.values(moments)) this.#checkLength(vector);
    for (const [name, vector] of Object.entries(moments)) this.#moments[name].set(vector);
    this.#t = t;
  }

  #checkLength(vector: Float32Array): void {
    if (vector.length !== this.#length)
      throw new RangeError(`a vector has ${vector.length} values, expected ${this.#length}`);
  }
}

/** The moments that an optimizer of this kind keeps, by name. */
export function momentsOf(config: OptimizerConfig): readonly string[] {
  return ruleOf(config).moments;
}

function ruleOf(config: OptimizerConfig): UpdateRule<Loop> {
  switch (config.kind) {
    case "sgd":
      return sgd(config);
    case "rmsprop":
      return rmsprop(config);
    case "adam":
    case "adamw":
      return adam(config);
    default:
      return config satisfies never;
  }
}
