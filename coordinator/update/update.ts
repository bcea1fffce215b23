// Version v -> v + 1 from a phase's mean gradient: clip → update → EMA, in one pass over flat vectors.
import { type RunConfig, optimizerOf } from "../../shared/config/config.ts";
import type { NetworkName, OptimizerConfig } from "../../shared/config/optimizer-config.ts";
import { type Layout, type Section, sectionOf, viewOf } from "../../shared/protocol/layout.ts";
import type { PhasePlan } from "../../shared/protocol/messages.ts";
import { GRADIENT_PREFIX, METRIC_PREFIX, STATE_PREFIX } from "../../shared/protocol/slot-names.ts";
import { span } from "../../shared/spans.ts";
import { type Clipping, type GradientNorms, type Mean, clipping, gradientNorms } from "./clip.ts";
import { Ema, type GeneratorUpdate } from "./ema.ts";
import { Optimizer, type OptimizerState, type Part, type Update } from "./optimizers/optimizer.ts";
import { type UpdateTime, changingNumbers, rateAt } from "./rates.ts";
import { type ContributionSection, sectionsOf } from "./sections.ts";
import { type VectorThreads, singleThreaded } from "./vector-threads/loops.ts";
import { Vectors } from "./vector-threads/vectors.ts";
import type { Weights } from "./weights.ts";

/** A phase's mean gradient, and how each network's part of it is clipped. */
export interface ClippedGradient {
  readonly mean: Mean;
  readonly networks: readonly ClippedNetwork[];
  /** False: the mean is not finite, or too large to be applied. */
  readonly applicable: boolean;
}

interface ClippedNetwork extends GradientNorms {
  readonly name: string;
  readonly clipping: Clipping;
}

/** What an update was, beside new weights. */
export interface UpdateResult {
  /** The phase's own, and `rate/<network>`, `beta2/<network>` and the like where they change over time. */
  readonly metrics: Readonly<Record<string, number>>;
  /** L2 norm of the mean gradient by network, before clipping. */
  readonly gradientNorms: Readonly<Record<string, number>>;
  /** The same by layer, `generator/03-dense`. */
  readonly layerGradientNorms: Readonly<Record<string, number>>;
}

/** What a checkpoint keeps beside the weights. */
export interface UpdaterState {
  /** [P]; null if the run keeps no EMA. */
  readonly ema: Float32Array | null;
  readonly optimizers: Readonly<Record<string, OptimizerState>>;
}

export interface UpdaterOptions {
  readonly config: RunConfig;
  readonly layout: Layout;
  /** [P] */
  readonly initial: Float32Array;
  /** That are trained. */
  readonly networks: readonly string[];
  /** Of the whole run: some learning rates end with it. */
  readonly steps: number;
  /** That training will have used when the run ends: some numbers end with it. */
  readonly runImages: number;
  /** Of the generator, before its optimizer began anew: its average goes on. */
  readonly earlierUpdates?: number;
  /** That the generator was trained with before. */
  readonly earlierImages?: number;
  /** This thread by itself by default. */
  readonly threads?: VectorThreads;
}

/** Steps done, and samples that training has used: where a run is. */
export type RunTime = Pick<UpdateTime, "step" | "images">;

/** A network that is trained. */
interface Network {
  readonly name: string;
  readonly config: OptimizerConfig;
  readonly optimizer: Optimizer;
  /** Of its weights in the layout. */
  readonly section: Section;
}

/** A network that a phase trains. */
interface PhaseNetwork extends Network {
  /** Of its gradient in the contribution. */
  readonly gradient: Section;
}

/** What a phase trains. */
interface Trained {
  readonly networks: readonly PhaseNetwork[];
  /** Of its contributions. */
  readonly sections: readonly ContributionSection[];
}

export class Updater {
  readonly #options: UpdaterOptions;
  readonly #networks: readonly Network[];
  readonly #trained = new Map<PhasePlan, Trained>();
  readonly #vectors: Vectors;
  readonly #ema: Ema | null;
  /** That the generator was trained with so far. */
  #generatorImages: number;

  constructor(options: UpdaterOptions) {
    const { config, layout, initial, networks, threads = singleThreaded, earlierImages = 0 } = options;
    this.#options = options;
    this.#generatorImages = earlierImages;
    this.#vectors = new Vectors(threads);
    this.#networks = networks.map((name) => networkOf(name, options));
    const generator = sectionOf(layout, "generator/");
    const keepsEma = config.average > 0 && networks.includes("generator");
    const rule = {
      decay: config.average,
      halfLife: config.averageHalfLife,
      rampUp: config.averageRampUp,
    };
    this.#ema = keepsEma ? new Ema({ initial, generator, rule, threads }) : null;
  }

  /** [P], weights that draw the samples: the EMA where the run keeps one. Valid until the next update. */
  ema(weights: Weights): Float32Array {
    return this.#ema?.weights ?? weights.current;
  }

  get state(): UpdaterState {
    const optimizers = this.#networks.map(({ name, optimizer }) => [name, optimizer.state] as const);
    return { ema: this.#ema?.weights ?? null, optimizers: Object.fromEntries(optimizers) };
  }

  restore({ ema, optimizers }: UpdaterState): void {
    for (const { name, optimizer } of this.#networks) optimizer.restore(optimizers[name]);
    if (ema) this.#ema?.restore(ema);
  }

  /**
   * Decides how the mean gradient of each network that the phase trains is clipped, by its own norm; changes nothing.
   * `applyGradient` does the clipping, in the pass over the weights. `squares` of the mean's sections, where they are known,
   * are taken as they are; else they are measured.
   */
  clip(phase: PhasePlan, mean: Mean, squares: readonly number[] | null = null): ClippedGradient {
    const trained = this.#trainedIn(phase);
    const { sections } = trained;
    const networks = span("optimizer", () => {
      const known = squares ?? this.#vectors.measure(mean.sum, sections, mean.scale).squares;
      return trained.networks.map(({ name, config }): ClippedNetwork => {
        const norms = gradientNorms(name, sections, known);
        return { name, ...norms, clipping: clipping(config.clip, norms.norm) };
      });
    });
    return { mean, networks, applicable: networks.every((network) => network.clipping.applicable) };
  }

  /**
   * Commits version v + 1 in `step` (0 is the first), when training has used `images`: clipped mean → + L2 → the
   * optimizer's rule, with decoupled decay beside it → the generator's average; moving statistics are taken from the mean
   * as they are. The mean's sum is written into.
   *
   * All of it is one pass over the weights, tile by tile. Mean, clipping and rule are one loop: gradient · (1 / S · factor),
   * in double. Where layers constrain the weights, the average follows in a pass of its own: of what they have become.
   *
   * @throws RangeError, with nothing changed, when the gradient is not applicable
   */
  applyGradient(phase: PhasePlan, at: RunTime, clipped: ClippedGradient, weights: Weights): UpdateResult {
    if (!clipped.applicable) throw new RangeError("a gradient that is not applicable is not applied");
    return span("optimizer", () => {
      const metrics = metricsOf(phase, clipped.mean); // before the sum is written into
      const numbers = this.#rewrite(phase, at, clipped, weights);
      return { metrics: { ...metrics, ...numbers }, ...normsByName(clipped) };
    });
  }

  /** Returns the numbers of the optimizers that change over time, as metrics. */
  #rewrite(
    phase: PhasePlan,
    { step, images }: RunTime,
    { mean, networks }: ClippedGradient,
    weights: Weights,
  ): Record<string, number> {
    const { networks: trained } = this.#trainedIn(phase);
    const sections = trained.map(({ section }) => section);
    const draft = weights.draft(sections.toSorted((a, b) => a.offset - b.offset));
    const { steps, runImages, threads = singleThreaded } = this.#options;
    const at: UpdateTime = { step, steps, images, runImages };
    const numbers: Record<string, number> = {};
    const average = this.#generatorUpdate(phase, at);
    const ema = weights.isConstrained ? null : this.#ema; // that follows in the same pass
    const passes = trained.flatMap(({ name, config, optimizer, section, gradient }, i) => {
      const { factor, bound } = networks[i].clipping;
      Object.assign(numbers, changingNumbers(name, config, at));
      const next = viewOf(draft, section);
      const update: Update = {
        weights: viewOf(weights.current, section),
        gradient: viewOf(mean.sum, gradient),
        scale: mean.scale * factor,
        bound,
        rate: rateAt(config, at),
        at,
        next,
      };
      return optimizer.step(update, ema && average && name === "generator" ? [ema.loop(next, average)] : []);
    });
    threads.run(passes);
    this.#takeStatistics(phase, mean, draft);
    weights.commit(draft);
    if (ema) ema.takeRest(weights.current);
    else this.#ema?.update(weights.current, average);
    return numbers;
  }

  /**
   * Null where the average does not follow. By its half-life it follows images, and those of a lazy regularizer's phase are
   * no others than those of the step.
   */
  #generatorUpdate(phase: PhasePlan, at: RunTime): GeneratorUpdate | null {
    const generator = this.#trainedIn(phase).networks.find(({ name }) => name === "generator");
    const { config, earlierUpdates = 0, runImages } = this.#options;
    if (!generator || (phase.every > 1 && config.averageHalfLife !== undefined)) return null;
    const images = this.#generatorImages;
    this.#generatorImages += config.batch;
    const updates = earlierUpdates + generator.optimizer.state.t + 1;
    return { updates, images, batch: config.batch, at: { images: at.images, runImages } };
  }

  #trainedIn(phase: PhasePlan): Trained {
    const known = this.#trained.get(phase);
    if (known) return known;
    const { contribution } = phase;
    const networks = this.#networks
      .map((network) => ({
        ...network,
        gradient: sectionOf(contribution, `${GRADIENT_PREFIX}${network.name}/`),
      }))
      .filter(({ gradient }) => gradient.length > 0);
    const trained = { networks, sections: sectionsOf(contribution) };
    this.#trained.set(phase, trained);
    return trained;
  }

  /** Moving statistics are averaged over the shards as gradients are. */
  #takeStatistics(phase: PhasePlan, { sum, scale }: Mean, draft: Float32Array): void {
    const slots = new Map(this.#options.layout.slots.map((slot) => [slot.name, slot]));
    for (const from of phase.contribution.slots) {
      if (!from.name.startsWith(STATE_PREFIX)) continue;
      const to = slots.get(from.name)!;
      for (let i = 0; i < to.size; i++) draft[to.offset + i] = sum[from.offset + i] * scale;
    }
  }
}

function networkOf(name: string, { config: run, layout, threads = singleThreaded }: UpdaterOptions): Network {
  const config = optimizerOf(run, name as NetworkName);
  const section = sectionOf(layout, `${name}/`);
  const parts = partsOf(layout, `${name}/`);
  const optimizer = new Optimizer({ config, length: section.length, parts, threads });
  return { name, config, optimizer, section };
}

function normsByName({
  networks,
}: ClippedGradient): Pick<UpdateResult, "gradientNorms" | "layerGradientNorms"> {
  return {
    gradientNorms: Object.fromEntries(networks.map(({ name, norm }) => [name, norm])),
    layerGradientNorms: layerNormsOf(networks),
  };
}

/** L2 norm of the mean gradient by layer, `generator/03-dense`, before clipping. */
export function layerNormsOf(networks: readonly ClippedNetwork[]): Record<string, number> {
  return Object.assign({}, ...networks.map(({ layers }) => layers)) as Record<string, number>;
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

function metricsOf({ contribution }: PhasePlan, { sum, scale }: Mean): Record<string, number> {
  const slots = contribution.slots.filter(({ name }) => name.startsWith(METRIC_PREFIX));
  return Object.fromEntries(
    slots.map(({ name, offset }) => [name.slice(METRIC_PREFIX.length), sum[offset] * scale]),
  );
}
