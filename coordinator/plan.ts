// The run's plan: all that a node gets of the run beside programs and weights.
import type { RunConfig } from "../shared/config/config.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import type { CompiledRun } from "./compiler/compile-run.ts";
import type { Plan } from "../shared/protocol/messages.ts";

/** How many sums a node sends for a batch of an evaluation: of the loss, and of right answers. */
export const EVALUATION_SUMS = 2;

export interface PlannedRun {
  /** Its name. */
  readonly run: string;
  readonly config: RunConfig;
  readonly train: Dataset;
  readonly test: Dataset | null;
}

export function planOf({ run, config, train, test }: PlannedRun, compiled: CompiledRun): Plan {
  const { phases, generate, evaluate, layout } = compiled;
  const { name, fingerprint } = train;
  return {
    run,
    seed: config.seed,
    weights: layout,
    phases: [...phases],
    latentSize: config.latentSize,
    data: {
      name: name.slice(0, 1000),
      fingerprint,
      test: evaluate ? (test?.fingerprint ?? null) : null,
      images: config.images,
    },
    generate,
    evaluate,
  };
}

export function samplesPerStep({ phases }: Pick<Plan | CompiledRun, "phases">, { batch }: RunConfig): number {
  return phases.filter(({ usesSamples }) => usesSamples).length * batch;
}

/** Of the longest vector that a node may answer with: a contribution, images, or the sums of an evaluation. */
export function longestAnswerBytes({ phases, generate, evaluate }: Plan): number {
  const images = generate ? generate.imageShape.reduce((size, each) => size * each, generate.batch) : 0;
  const contributions = phases.map(({ contribution }) => contribution.length);
  return 4 * Math.max(0, ...contributions, images, evaluate ? EVALUATION_SUMS : 0);
}
