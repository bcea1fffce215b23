// The run's plan: all that a node gets of the run beside programs and weights.
import { type RunConfig, totalSteps } from "../shared/config/config.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import type { CompiledRun } from "./compiler/compile-run.ts";
import { type Extractor, pieceImages, rowLength } from "../shared/evaluation/extractor.ts";
import type { PhasePlan, Plan } from "../shared/protocol/messages.ts";
import { roundsIn } from "../shared/protocol/phase-rounds.ts";

/** How many sums a node sends for a batch of an evaluation: of the loss, and of right answers. */
export const EVALUATION_SUMS = 2;

export interface PlannedRun {
  /** Its name. */
  readonly run: string;
  readonly config: RunConfig;
  readonly train: Dataset;
  readonly test: Dataset | null;
  /** What its images are measured with. */
  readonly extractor?: Extractor | null;
}

/** Images that a lease of features has at most, unless a single piece has more. */
const MOST_FEATURES = 2048;

/** How the features of some images are divided: into pieces that one thread computes, whole ones a lease. */
export interface FeatureShares {
  readonly piece: number;
  readonly mostPieces: number;
}

export function featureShares(
  { generate, extractor }: Pick<Plan, "generate" | "extractor">,
  source: "generated" | "train",
): FeatureShares {
  const { batch } = extractor!;
  const piece = pieceImages(extractor!, source === "generated" ? generate!.atOnce : batch);
  return { piece, mostPieces: Math.max(1, Math.floor(MOST_FEATURES / piece)) };
}

export function planOf({ run, config, train, test, extractor }: PlannedRun, compiled: CompiledRun): Plan {
  const { phases, generate, evaluate, probe, layout } = compiled;
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
    probe,
    extractor: extractor?.spec ?? null,
  };
}

interface Phases {
  readonly phases: readonly PhasePlan[];
}

/** On average, where some phases have not a round in every step. */
export function samplesPerStep({ phases }: Phases, { batch }: RunConfig): number {
  return phases.reduce((sum, { usesSamples, every }) => sum + (usesSamples ? batch / every : 0), 0);
}

/** Samples that `steps` steps from step `from` on take, to the last one. */
export function samplesIn({ phases }: Phases, { batch }: RunConfig, from: number, steps: number): number {
  return phases.reduce(
    (sum, phase) => sum + (phase.usesSamples ? batch * roundsIn(phase, from, steps) : 0),
    0,
  );
}

/**
 * Steps of the whole run, over a data set of so many samples: wherever it is asked, the same. A length in epochs ends before
 * the step that would take more samples than they have.
 *
 * @throws GanglionError CONFIG as `totalSteps`
 */
export function stepsOf(
  plan: Phases,
  config: RunConfig,
  samples: number,
  done: { readonly step: number; readonly position: number } = { step: 0, position: 0 },
): number {
  let steps = totalSteps(config, samples, samplesPerStep(plan, config), done);
  if (config.length.kind === "steps") return steps;
  const all = config.length.epochs * samples;
  const takes = (upTo: number): number =>
    done.position + samplesIn(plan, config, done.step, upTo - done.step);
  while (steps > Math.max(1, done.step) && takes(steps) > all) steps--;
  while (takes(steps + 1) <= all) steps++;
  return steps;
}

/** Of the longest vector that a node may answer with: a contribution, images, the sums of an evaluation, or features. */
export function longestAnswerBytes(plan: Plan): number {
  const { phases, generate, evaluate, probe, extractor } = plan;
  const images = generate ? generate.imageShape.reduce((size, each) => size * each, generate.batch) : 0;
  const probed = probe ? probe.result.length : 0;
  const contributions = phases.map(({ contribution }) => contribution.length);
  const shares = extractor
    ? [featureShares(plan, "train"), ...(generate ? [featureShares(plan, "generated")] : [])]
    : [];
  const rows = Math.max(0, ...shares.map(({ piece, mostPieces }) => piece * mostPieces));
  const features = extractor ? rows * rowLength(extractor) : 0;
  return 4 * Math.max(0, ...contributions, images, evaluate ? EVALUATION_SUMS : 0, probed, features);
}
