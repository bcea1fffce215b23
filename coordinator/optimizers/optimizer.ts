// One network's optimizer: its rule, the moments it keeps, the count of its updates.
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

export interface Update extends Pick<
  RuleStep,
  "weights" | "gradient" | "next" | "scale" | "bound" | "rate"
> {}

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

  /** Takes one step. The gradient must have been found finite by `measure`; RangeError for a wrong length. */
  update(update: Update): void {
    const { weights, gradient, next, rate } = update;
    for (const vector of [weights, gradient, next]) this.#checkLength(vector);
    this.#t++;
    const { l2, weightDecay } = this.#config;
    for (const { offset, length, decays } of this.#parts) {
      const step: RuleStep = {
        ...update,
        start: offset,
        end: offset + length,
        l2: decays ? l2 : 0,
        keep: decays ? 1 - rate * weightDecay : 1,
        t: this.#t,
      };
      this.#rule.apply(step, this.#moments);
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

export function ruleOf(config: OptimizerConfig): UpdateRule {
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

function whole(length: number): Part {
  return { offset: 0, length, decays: true };
}
