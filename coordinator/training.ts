// The training loop, in the order the algorithm is taught.
import type { RunConfig } from "../shared/config/config.ts";
import { rampMetrics } from "../shared/config/objectives/ramps.ts";
import type { PhasePlan } from "../shared/protocol/messages.ts";
import { hasRound } from "../shared/protocol/phase-rounds.ts";
import type { Guard } from "./guard/guard.ts";
import { CheckpointSchedule } from "./records/checkpoint/checkpoint-schedule.ts";
import { type SteeredOptions, obeyRequests } from "./steering/between-steps.ts";
import { drawSamples, evaluate, evaluateGenerator } from "./evaluation/evaluation.ts";
import { meanOf } from "./update/clip.ts";
import type { UpdateResult } from "./update/update.ts";
import type { Members } from "./members/members.ts";
import type { SpeedModel } from "./leases/speed/speed-model.ts";
import type { Plausibility } from "./leases/trust/plausibility.ts";
import type { Progress } from "./progress.ts";
import { isProbeDue, probe } from "./evaluation/probe.ts";
import { messageOf } from "../shared/errors.ts";
import { diverged, explained } from "./divergence.ts";
import { FollowUps } from "./follow-ups.ts";
import type { PlaceOf } from "./guard/divergence/cause.ts";
import type { RoundSum } from "./leases/contributions.ts";
import { runRound } from "./round.ts";
import type { ZeroGradientDetector } from "./guard/zero-gradient-detector.ts";

export interface TrainingOptions extends SteeredOptions {
  readonly config: RunConfig;
  readonly steps: number;
  /** Steps after which the config changes, and this part of the run ends. */
  readonly until: number;
  /** Samples that training will have used when the run ends. */
  readonly runImages: number;
  /** N, samples an epoch. */
  readonly epochSize: number;
  readonly members: Members;
  readonly speedModel: SpeedModel;
  /** Encoded, by their hashes. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  readonly placeOf: PlaceOf;
  readonly guard: Guard;
  readonly zeros: ZeroGradientDetector;
  readonly plausibility: Plausibility;
  readonly progress: Progress;
  readonly warn: (code: string, message: string) => void;
  /** Where the run stands; `train` moves it on. */
  readonly cursor: Cursor;
  /** Asks to stop after the present step. */
  readonly stop: AbortSignal;
}

/** Steps done, and the next position in the sample stream. */
export interface Cursor {
  step: number;
  position: number;
}

/** Why training ended: all steps are made, it was asked to stop, or the config changes after this step. */
export type Ending = "done" | "stopped" | "changes";

/** Trains from the cursor to the last step, to the next change of the config, or until it is asked to stop. */
export async function train(options: TrainingOptions): Promise<Ending> {
  const { steps, until, cursor, stop } = options;
  options.progress.start();
  const checkpoints = new CheckpointSchedule(options.config);
  const followUps = new FollowUps();
  try {
    while (cursor.step < Math.min(steps, until) && !stop.aborted) {
      const ending = await obeyRequests(options, () => followUps.settle()); // a pause waits here
      if (ending) return ending;
      const epochBefore = epochOf(options);
      await trainStep(options, followUps);
      await betweenSteps(options, { followUps, checkpoints, epochEnds: epochOf(options) > epochBefore });
    }
    followUps.settle();
  } finally {
    followUps.close();
  }
  if (cursor.step >= until) return stop.aborted ? "stopped" : "changes"; // which may give a finished run more steps
  return cursor.step >= steps ? "done" : "stopped";
}

function epochOf({ cursor, epochSize }: TrainingOptions): number {
  return Math.floor(cursor.position / epochSize);
}

interface BetweenSteps {
  readonly followUps: FollowUps;
  readonly checkpoints: CheckpointSchedule;
  /** With the step that was made. */
  readonly epochEnds: boolean;
}

/** Sample grid, the guard's look, evaluations, a checkpoint: what is due, after all that the step has left to be done. */
async function betweenSteps(
  options: TrainingOptions,
  { followUps, checkpoints, epochEnds }: BetweenSteps,
): Promise<void> {
  const { config, plan, steps, until, cursor, stop, records } = options;
  const last = cursor.step === steps;
  const isSaved = last || cursor.step === until || checkpoints.isDue(cursor.step);
  const isDrawn = plan.generate && (last || cursor.step % config.sampleEvery === 0);
  const isLookedAt = isProbeDue(cursor.step, { plan, epochSize: options.epochSize, batch: config.batch });
  const isTested = plan.evaluate && (last || epochEnds);
  const { evaluateEvery } = config;
  const isMeasured = options.evaluator && evaluateEvery > 0 && (last || cursor.step % evaluateEvery === 0);
  if (isSaved || isDrawn || isLookedAt || isTested || isMeasured) followUps.settle();
  if (isDrawn) await drawSamples({ ...options, isSaved });
  if (isLookedAt) await lookAtImages(options);
  if (isTested) await evaluate(options);
  if (isMeasured) await evaluateGenerator(options);
  if (isSaved || stop.aborted || records.isBest(cursor.step)) {
    followUps.settle();
    await records.checkpoint(cursor);
    checkpoints.written();
  }
}

/** Every phase once: sum → mean → clip → update → EMA → publish. P weights, S shards. */
async function trainStep(options: TrainingOptions, followUps: FollowUps): Promise<void> {
  const { config, plan, cursor, members, weights, updater, progress, records } = options;
  const { step } = cursor;
  const begun = { images: cursor.position, runImages: options.runImages };
  const results: UpdateResult[] = [];
  for (const [index, phase] of plan.phases.entries()) {
    if (!hasRound(phase, step)) continue;
    const sum = await sumOf(options, phase, index); // Σ of the S shards' gradients, [P]
    followUps.settle(); // of the round before: the ledger is at most one behind
    const mean = meanOf(sum.vector, phase.shards); // sum / S
    const clipped = updater.clip(phase, mean, sum.squares);
    if (!clipped.applicable) throw diverged(step, clipped);
    const { position } = cursor;
    const result = updater.applyGradient(phase, { step, images: position }, clipped, weights); // version v -> v + 1, and its EMA
    sum.release();
    members.publishWeights();

    observe(options, phase, result);
    const samples = phase.usesSamples ? config.batch : 0;
    cursor.position += samples;
    const { contributions } = sum;
    const entry = { step, phase: index, version: weights.version, position, samples, contributions };
    followUps.later(() => records.commit(entry));
    results.push(phase.every === 1 ? result : { ...result, gradientNorms: {}, layerGradientNorms: {} });
  }
  cursor.step++;
  const result = merged(results);
  const metrics = { ...result.metrics, ...rampMetrics(config, begun) };
  const measured = { ...progress.step(cursor, weights.version), ...result, metrics };
  followUps.later(() => records.step(measured));
  options.publish({ type: "step", ...measured }); // before the next step begins: who hears it may stop the run here
}

function sumOf(options: TrainingOptions, phase: PhasePlan, index: number): Promise<RoundSum> {
  const { cursor, weights, leases, speedModel, vectors, zeros, plausibility, halt } = options;
  const now = options.nowOf(phase.program, cursor);
  const at = { phase, index, step: cursor.step, version: weights.version, position: cursor.position, ...now };
  return runRound({ ...at, leases, speedModel, vectors, zeros, plausibility, signal: halt }).catch(
    async (error: unknown) => {
      throw await explained(error, { ...options, ...at, signal: halt });
    },
  );
}

/** Tells the guard what the images look like. What nodes cannot look at costs a warning, not the run. */
async function lookAtImages(options: TrainingOptions): Promise<void> {
  const { plan, epochSize, cursor, weights, leases, guard, warn, halt } = options;
  const now = options.nowOf(plan.probe!.program, cursor);
  const { version } = weights;
  try {
    const look = await probe({ plan, epochSize, cursor, version, ...now, leases, signal: halt });
    for (const { code, message } of look ? guard.look(cursor.step, look) : []) warn(code, message);
  } catch (error) {
    if (halt.aborted) throw error;
    warn("WORKER", `the guard could not look at the images after step ${cursor.step}: ${messageOf(error)}`);
  }
}

function observe(
  { cursor, guard, zeros, warn }: TrainingOptions,
  phase: PhasePlan,
  result: UpdateResult,
): void {
  const found = [...guard.observe(cursor.step, result, phase), ...zeros.endRound(phase.name)];
  for (const { code, message } of found) warn(code, message);
}

/** Of one name, the step's last; a lazy penalty's gradient is no point of its network's curve. */
function merged(results: readonly UpdateResult[]): UpdateResult {
  const metrics: Record<string, number> = {};
  const gradientNorms: Record<string, number> = {};
  const layerGradientNorms: Record<string, number> = {};
  for (const result of results) {
    Object.assign(metrics, result.metrics);
    Object.assign(gradientNorms, result.gradientNorms);
    Object.assign(layerGradientNorms, result.layerGradientNorms);
  }
  return { metrics, gradientNorms, layerGradientNorms };
}
