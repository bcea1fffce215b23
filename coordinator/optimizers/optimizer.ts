// One network's optimizer: its rule, the moments it keeps, the count of its updates, and what is done to the gradient first.
import { GanglionError } from "../../shared/errors.ts";
import type { Section } from "../../shared/models/layout.ts";
import type { OptimizerConfig } from "../../shared/optimizer-config.ts";
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
  /** Makes the sum a mean, and that one as short as clipping by norm wants it. */
  readonly scale: number;
  /** Of every number of the mean: clipping by value; Infinity where there is none. */
  readonly bound: number;
}

/** Consecutive weights of a network that are regularized alike. */
export interface Part extends Section {
  /** Whether L2 and weight decay act on them. */
  readonly decays: boolean;
}

export class Optimizer {
  readonly #config: OptimizerConfig;
  readonly #rule: UpdateRule;
  readonly #parts: readonly Part[];
  readonly #length: number;
  readonly #moments: Moments;
  #t = 0;

  /** For a network of P = `length` weights, which `parts` tile. */
  constructor(config: OptimizerConfig, length: number, parts: readonly Part[] = [whole(length)]) {
    this.#config = config;
    this.#rule = ruleOf(config);
    this.#length = length;
    this.#parts = config.l2 > 0 || config.weightDecay > 0 ? parts : [whole(length)];
    this.#moments = Object.fromEntries(
      this.#rule.moments.map((name) => [name, new Float32Array(length)] as const),
    );
  }

  /** The live moments, not copies: they change with the next update. */
  get state(): OptimizerState {
    return { t: this.#t, moments: this.#moments };
  }

  /**
   * Takes one step. The gradient must have been found applicable by `clipping`; RangeError for a wrong length.
   *
   *   g = clip(gradient · scale) + λ·w       then the rule makes version v + 1 of version v
   *
   * In the order of PyTorch's clip_grad_norm_ and step: the mean is clipped, then L2 is added, so that a long gradient
   * does not weaken the pull on the weights. (Keras has L2 in the loss, and clips their sum.)
   */
  update({ weights, gradient, next, scale, bound, rate }: Update): void {
    for (const vector of [weights, gradient, next]) this.#checkLength(vector);
    this.#t++;
    for (const { offset, length, decays } of this.#parts) {
      const [start, end] = [offset, offset + length];
      const l2 = decays ? this.#config.l2 : 0;
      const keep = decays ? 1 - rate * this.#config.weightDecay : 1;
      const step = { weights, gradient, next, start, end, scale, keep, rate, t: this.#t };
      const shaped = l2 > 0 || bound < Number.POSITIVE_INFINITY; // a pass of its own, which most runs do without
      if (shaped) shapeGradient(step, bound, l2);
      this.#rule.apply(shaped ? { ...step, scale: 1 } : step, this.#moments);
    }
  }

  /**
   * Copies a checkpoint's moments in.
   *
   * @throws GanglionError CHECKPOINT where they are not the ones that this kind keeps; RangeError for a wrong length
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

function ruleOf(config: OptimizerConfig): UpdateRule {
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

/** In place: gradient = clip(gradient · scale) + λ·w, rounded to float32 once. */
function shapeGradient(step: RuleStep, bound: number, l2: number): void {
  const { weights, gradient, start, end, scale } = step;
  for (let i = start; i < end; i++) {
    const mean = Math.max(-bound, Math.min(bound, gradient[i] * scale));
    gradient[i] = mean + l2 * weights[i];
  }
}

function whole(length: number): Part {
  return { offset: 0, length, decays: true };
}
