// Applies a round's mean gradient: optimizers, moving statistics, the generator's average. Plain arithmetic on flat vectors.
import type { RunConfig } from "../shared/config.ts";
import { type Layout, type Section, sectionOf, viewOf } from "../shared/models/layout.ts";
import type { PhasePlan } from "../shared/protocol/messages.ts";
import { type Adam, createAdam, measure, updateAverage, warmUpDecay } from "./optimizer.ts";
import type { Weights } from "./weights.ts";

/** Prefixes of a contribution's slots, as the compiler names them. */
const GRADIENT = "gradient/";
const METRIC = "metric/";
const STATE = "state/";

/** What a round taught, beside new weights. */
export interface Lesson {
  readonly metrics: Readonly<Record<string, number>>;
  /** L2 norm of the mean gradient by network. */
  readonly gradientNorms: Readonly<Record<string, number>>;
  readonly finite: boolean;
}

export interface LearnerState {
  readonly ema: Float32Array | null;
  readonly optimizers: Readonly<
    Record<string, { readonly t: number; readonly m: Float32Array; readonly v: Float32Array }>
  >;
}

export class Learner {
  readonly #layout: Layout;
  readonly #decay: number;
  readonly #optimizers: Readonly<Record<string, Adam>>;
  /** [P]: the generator's average in its section, all else as in the current weights. */
  readonly #average: Float32Array | null;

  constructor(config: RunConfig, layout: Layout, initial: Float32Array, networks: readonly string[]) {
    this.#layout = layout;
    this.#decay = config.average;
    this.#optimizers = Object.fromEntries(
      networks.map((name) => [name, createAdam(config.optimizer, sectionOf(layout, `${name}/`).length)]),
    );
    const averaged = config.average > 0 && networks.includes("generator");
    this.#average = averaged ? new Float32Array(new SharedArrayBuffer(initial.byteLength)) : null;
    this.#average?.set(initial);
  }

  /** Weights that draw the samples: the average where there is one. Valid until the next `learn`. */
  drawing(weights: Weights): Float32Array {
    return this.#average ?? weights.current;
  }

  get state(): LearnerState {
    const optimizers = Object.entries(this.#optimizers).map(([name, adam]) => [name, adam.state] as const);
    return { ema: this.#average, optimizers: Object.fromEntries(optimizers) };
  }

  restore({ ema, optimizers }: LearnerState): void {
    for (const [name, adam] of Object.entries(this.#optimizers)) adam.restore(optimizers[name]);
    if (ema) this.#average?.set(ema);
  }

  /** Commits version v + 1 from the sum of the phase's contributions; changes nothing when the gradient is not finite. */
  learn(phase: PhasePlan, sum: Float32Array, weights: Weights): Lesson {
    const scale = 1 / phase.shards;
    const trained = Object.keys(this.#optimizers)
      .map((name) => ({ name, gradient: sectionOf(phase.contribution, `${GRADIENT}${name}/`) }))
      .filter(({ gradient }) => gradient.length > 0);
    const measures = trained.map(
      ({ name, gradient }) => [name, measure(viewOf(sum, gradient), scale)] as const,
    );
    const lesson: Lesson = {
      metrics: this.#metrics(phase, sum, scale),
      gradientNorms: Object.fromEntries(measures.map(([name, { norm }]) => [name, norm])),
      finite: measures.every(([, { finite }]) => finite),
    };
    if (!lesson.finite) return lesson;

    const draft = weights.draft();
    for (const { name, gradient } of trained) {
      const section = sectionOf(this.#layout, `${name}/`);
      this.#optimizers[name].update({
        weights: viewOf(weights.current, section),
        gradient: viewOf(sum, gradient),
        scale,
        next: viewOf(draft, section),
      });
    }
    this.#takeState(phase, sum, scale, draft);
    weights.commit(draft);
    if (this.#average)
      this.#follow(
        this.#average,
        draft,
        trained.some(({ name }) => name === "generator"),
      );
    return lesson;
  }

  /** Moving statistics are averaged over the shards as gradients are. */
  #takeState(phase: PhasePlan, sum: Float32Array, scale: number, draft: Float32Array): void {
    const slots = new Map(this.#layout.slots.map((slot) => [slot.name, slot]));
    for (const from of phase.contribution.slots) {
      if (!from.name.startsWith(STATE)) continue;
      const to = slots.get(from.name)!;
      for (let i = 0; i < to.size; i++) draft[to.offset + i] = sum[from.offset + i] * scale;
    }
  }

  #follow(average: Float32Array, current: Float32Array, generatorTrained: boolean): void {
    const generator = sectionOf(this.#layout, "generator/");
    const end = generator.offset + generator.length;
    const before: Section = { offset: 0, length: generator.offset };
    const after: Section = { offset: end, length: this.#layout.length - end };
    for (const section of [before, after]) viewOf(average, section).set(viewOf(current, section));
    if (!generatorTrained) return;
    const updates = this.#optimizers["generator"].state.t - 1;
    updateAverage(viewOf(average, generator), viewOf(current, generator), warmUpDecay(this.#decay, updates));
  }

  #metrics({ contribution }: PhasePlan, sum: Float32Array, scale: number): Record<string, number> {
    const slots = contribution.slots.filter(({ name }) => name.startsWith(METRIC));
    return Object.fromEntries(
      slots.map(({ name, offset }) => [name.slice(METRIC.length), sum[offset] * scale]),
    );
  }
}
