// Applies a round's mean gradient: optimizers, moving statistics, the generator's average. Plain arithmetic on flat vectors.
import { type RunConfig, optimizerOf } from "../../shared/config/config.ts";
import type { NetworkName } from "../../shared/config/optimizer-config.ts";
import { rateFactor } from "../../shared/config/learning-rate.ts";
import { type Layout, type Section, sectionOf, viewOf } from "../../shared/protocol/layout.ts";
import type { OptimizerConfig } from "../../shared/config/optimizer-config.ts";
import type { PhasePlan } from "../../shared/protocol/messages.ts";
import { GRADIENT_PREFIX, METRIC_PREFIX, STATE_PREFIX } from "../../shared/protocol/slot-names.ts";
import { type Arithmetic, alone } from "./vector-threads/loops.ts";
import { type Tiles, cut } from "./vector-threads/tiles.ts";
import { sharedFloats } from "./vector-threads/shared-memory.ts";
import { warmUpDecay } from "./ema.ts";
import { GradientMeasure, clipping, layersOf } from "./clip.ts";
import { Optimizer, type OptimizerState, type Part } from "./optimizers/optimizer.ts";
import type { Weights } from "./weights.ts";

/** What a round taught, beside new weights. */
export interface Lesson {
  /** The phase's own, and `rate/<network>` where the learning rate changes over time. */
  readonly metrics: Readonly<Record<string, number>>;
  /** L2 norm of the mean gradient by network, before clipping. */
  readonly gradientNorms: Readonly<Record<string, number>>;
  /** The same by layer, `generator/03-dense`. */
  readonly layerGradientNorms: Readonly<Record<string, number>>;
  /** False: the gradient is not finite, or too large to be applied, and nothing has changed. */
  readonly finite: boolean;
}

export interface LearnerState {
  readonly ema: Float32Array | null;
  readonly optimizers: Readonly<Record<string, OptimizerState>>;
}

export interface LearnerOptions {
  readonly config: RunConfig;
  readonly layout: Layout;
  /** [P] */
  readonly initial: Float32Array;
  /** That are trained. */
  readonly networks: readonly string[];
  /** Of the whole run: some learning rates end with it. */
  readonly steps: number;
  /** This thread alone by default. */
  readonly arithmetic?: Arithmetic;
}

/** A network that a phase trains. */
interface Trained {
  readonly name: string;
  readonly learner: NetworkLearner;
  /** Of its gradient in the contribution. */
  readonly gradient: Section;
  readonly measure: GradientMeasure;
}

interface NetworkLearner {
  readonly config: OptimizerConfig;
  readonly optimizer: Optimizer;
  /** Of its weights in the layout. */
  readonly section: Section;
  readonly tiles: Tiles;
}

export class Learner {
  readonly #options: LearnerOptions;
  readonly #arithmetic: Arithmetic;
  readonly #networks: ReadonlyMap<string, NetworkLearner>;
  readonly #trained = new Map<PhasePlan, readonly Trained[]>();
  /** [P]: the generator's average in its section, all else as in the current weights. */
  readonly #average: Float32Array | null;

  constructor(options: LearnerOptions) {
    const { config, layout, initial, networks, arithmetic = alone } = options;
    this.#options = options;
    this.#arithmetic = arithmetic;
    this.#networks = new Map(
      networks.map((name) => [name, networkLearner(name, config, layout, arithmetic)]),
    );
    const averaged = config.average > 0 && networks.includes("generator");
    this.#average = averaged ? sharedFloats(initial.length) : null;
    this.#average?.set(initial);
  }

  /** Weights that draw the samples: the average where there is one. Valid until the next `learn`. */
  drawing(weights: Weights): Float32Array {
    return this.#average ?? weights.current;
  }

  get state(): LearnerState {
    const optimizers = [...this.#networks].map(([name, { optimizer }]) => [name, optimizer.state] as const);
    return { ema: this.#average, optimizers: Object.fromEntries(optimizers) };
  }

  restore({ ema, optimizers }: LearnerState): void {
    for (const [name, { optimizer }] of this.#networks) optimizer.restore(optimizers[name]);
    if (ema) this.#average?.set(ema);
  }

  /**
   * Commits version v + 1 from the sum of the phase's contributions in `step` (0 is the first); the sum is
   * borrowed, and may be written into.
   * The order: mean → clip → + L2 → the optimizer's rule, and decoupled decay beside it. Changes nothing when the
   * gradient is not finite.
   */
  learn(phase: PhasePlan, step: number, sum: Float32Array, weights: Weights): Lesson {
    const scale = 1 / phase.shards;
    const measured = this.#trainedIn(phase).map((trained) => {
      const measures = trained.measure.of(sum, scale);
      const rate = this.#rateOf(trained.learner.config, step);
      return { ...trained, ...measures, rate, clip: clipping(trained.learner.config.clip, measures.norm) };
    });
    const scheduled = measured.filter(({ learner }) => isScheduled(learner.config));
    const lesson: Lesson = {
      metrics: {
        ...metricsOf(phase, sum, scale),
        ...Object.fromEntries(scheduled.map(({ name, rate }) => [`rate/${name}`, rate])),
      },
      gradientNorms: Object.fromEntries(measured.map(({ name, norm }) => [name, norm])),
      layerGradientNorms: Object.assign({}, ...measured.map(({ layers }) => layers)) as Record<
        string,
        number
      >,
      finite: measured.every(({ clip }) => clip.applicable),
    };
    if (!lesson.finite) return lesson;

    const rewritten = measured.map(({ learner }) => learner.section);
    const draft = weights.draft(rewritten.sort((a, b) => a.offset - b.offset));
    for (const { learner, gradient, clip, rate } of measured) {
      learner.optimizer.update({
        weights: viewOf(weights.current, learner.section),
        gradient: viewOf(sum, gradient),
        scale: scale * clip.factor,
        bound: clip.bound,
        rate,
        next: viewOf(draft, learner.section),
      });
    }
    this.#takeState(phase, sum, scale, draft);
    weights.commit(draft);
    const generatorTrained = measured.some(({ name }) => name === "generator");
    if (this.#average) this.#follow(this.#average, draft, generatorTrained);
    return lesson;
  }

  #rateOf({ learningRate, learningRateSchedule }: OptimizerConfig, step: number): number {
    return learningRate * rateFactor(learningRateSchedule, step, this.#options.steps);
  }

  #trainedIn(phase: PhasePlan): readonly Trained[] {
    const known = this.#trained.get(phase);
    if (known) return known;
    const trained = [...this.#networks]
      .map(([name, learner]) => ({
        name,
        learner,
        gradient: sectionOf(phase.contribution, `${GRADIENT_PREFIX}${name}/`),
        measure: new GradientMeasure(layersOf(phase.contribution, GRADIENT_PREFIX, name), this.#arithmetic),
      }))
      .filter(({ gradient }) => gradient.length > 0);
    this.#trained.set(phase, trained);
    return trained;
  }

  /** Moving statistics are averaged over the shards as gradients are. */
  #takeState(phase: PhasePlan, sum: Float32Array, scale: number, draft: Float32Array): void {
    const slots = new Map(this.#options.layout.slots.map((slot) => [slot.name, slot]));
    for (const from of phase.contribution.slots) {
      if (!from.name.startsWith(STATE_PREFIX)) continue;
      const to = slots.get(from.name)!;
      for (let i = 0; i < to.size; i++) draft[to.offset + i] = sum[from.offset + i] * scale;
    }
  }

  #follow(average: Float32Array, current: Float32Array, generatorTrained: boolean): void {
    const { layout, config } = this.#options;
    const { section, tiles, optimizer } = this.#networks.get("generator")!;
    const end = section.offset + section.length;
    const before: Section = { offset: 0, length: section.offset };
    const after: Section = { offset: end, length: layout.length - end };
    for (const rest of [before, after]) viewOf(average, rest).set(viewOf(current, rest));
    if (!generatorTrained) return;
    const decay = warmUpDecay(config.average, optimizer.state.t - 1);
    this.#arithmetic.run({ kind: "average", average, weights: current, decay }, tiles);
  }
}

function networkLearner(
  name: string,
  run: RunConfig,
  layout: Layout,
  arithmetic: Arithmetic,
): NetworkLearner {
  const config = optimizerOf(run, name as NetworkName);
  const section = sectionOf(layout, `${name}/`);
  const parts = partsOf(layout, `${name}/`);
  const optimizer = new Optimizer({ config, length: section.length, parts, arithmetic });
  return { config, optimizer, section, tiles: cut([section]) };
}

/**
 * L2 and weight decay act on weights of two and more dimensions (kernels, embeddings): biases and the scales of
 * normalization layers do not overfit, and a scale that decays starves its layer. Offsets count from the network's first.
 */
function partsOf(layout: Layout, prefix: string): Part[] {
  const parts: { offset: number; length: number; readonly decays: boolean }[] = [];
  let offset = 0;
  for (const { name, shape, size } of layout.slots) {
    if (!name.startsWith(prefix)) continue;
    const decays = shape.length >= 2;
    const last = parts.at(-1);
    if (last?.decays === decays) last.length += size;
    else parts.push({ offset, length: size, decays });
    offset += size;
  }
  return parts;
}

function isScheduled({ learningRateSchedule: { kind, warmUpSteps } }: OptimizerConfig): boolean {
  return kind !== "constant" || warmUpSteps > 0;
}

function metricsOf({ contribution }: PhasePlan, sum: Float32Array, scale: number): Record<string, number> {
  const slots = contribution.slots.filter(({ name }) => name.startsWith(METRIC_PREFIX));
  return Object.fromEntries(
    slots.map(({ name, offset }) => [name.slice(METRIC_PREFIX.length), sum[offset] * scale]),
  );
}
