// The training loop, in the order the algorithm is taught.
import { GanglionError } from "../shared/errors.ts";
import type { RunConfig } from "../shared/config/config.ts";
import { span } from "../shared/spans.ts";
import type { Guard } from "./guard/guard.ts";
import { CheckpointSchedule } from "./records/checkpoint/checkpoint-schedule.ts";
import { type EvaluationOptions, drawSamples, evaluate } from "./evaluation.ts";
import type { Lesson } from "./update/update.ts";
import type { Members } from "./members/members.ts";
import type { SpeedModel } from "./leases/speed/speed-model.ts";
import type { Plausibility } from "./leases/trust/plausibility.ts";
import type { Progress } from "./progress.ts";
import { DIVERGED_REMEDY } from "./guard/guard-messages.ts";
import { runRound } from "./round.ts";
import type { ZeroWatch } from "./guard/zero-gradient-detector.ts";

export interface TrainingOptions extends EvaluationOptions {
  readonly config: RunConfig;
  readonly steps: number;
  /** N, samples an epoch. */
  readonly epochSize: number;
  readonly members: Members;
  readonly speedModel: SpeedModel;
  readonly guard: Guard;
  readonly zeros: ZeroWatch;
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

/** Trains from the cursor to the last step, or until it is asked to stop. */
export async function train(options: TrainingOptions): Promise<"done" | "stopped"> {
  const { config, plan, steps, cursor, stop } = options;
  options.progress.start();
  const checkpoints = new CheckpointSchedule(config);
  while (cursor.step < steps && !stop.aborted) {
    const epochBefore = Math.floor(cursor.position / options.epochSize);
    await trainStep(options);
    const last = cursor.step === steps;
    const epochEnds = Math.floor(cursor.position / options.epochSize) > epochBefore;
    if (plan.generate && (last || cursor.step % config.sampleEvery === 0)) await drawSamples(options);
    if (plan.evaluate && (last || epochEnds)) await evaluate(options);
    if (last || stop.aborted || checkpoints.isDue(cursor.step)) {
      await options.records.checkpoint(cursor);
      checkpoints.written();
    }
  }
  return cursor.step >= steps ? "done" : "stopped";
}

/** Every phase once: lease, sum, apply, publish. */
async function trainStep(options: TrainingOptions): Promise<void> {
  const {
    config,
    plan,
    cursor,
    members,
    leases,
    speedModel,
    weights,
    learner,
    vectors,
    guard,
    records,
    halt,
  } = options;
  const step = cursor.step;
  const metrics: Record<string, number> = {};
  const gradientNorms: Record<string, number> = {};
  const layerGradientNorms: Record<string, number> = {};
  for (const [index, phase] of plan.phases.entries()) {
    const { position } = cursor;
    const sum = await runRound({
      phase,
      index,
      step,
      version: weights.version,
      position,
      leases,
      speedModel,
      vectors,
      zeros: options.zeros,
      plausibility: options.plausibility,
      signal: halt,
    }).catch((error: unknown) => Promise.reject(explained(error, phase.name, weights.version)));
    const lesson = span("optimizer", () => learner.learn(phase, step, sum.vector, weights)); // version v -> v + 1
    sum.release();
    if (!lesson.finite) throw diverged(step, lesson);
    members.publishWeights();
    for (const { code, message } of [...guard.observe(step, lesson), ...options.zeros.endRound(phase.name)])
      options.warn(code, message);

    const samples = phase.usesSamples ? config.batch : 0;
    cursor.position += samples;
    records.commit({
      step,
      phase: index,
      version: weights.version,
      position,
      samples,
      contributions: sum.contributions,
    });
    Object.assign(metrics, lesson.metrics);
    Object.assign(gradientNorms, lesson.gradientNorms);
    Object.assign(layerGradientNorms, lesson.layerGradientNorms);
  }
  cursor.step++;
  const measured = options.progress.step(cursor, weights.version, {
    metrics,
    gradientNorms,
    layerGradientNorms,
  });
  records.step(measured);
  options.publish({ type: "step", ...measured });
}

/** What was never finite has not diverged: no setting of the optimizer mends it. */
function explained(error: unknown, phase: string, version: number): unknown {
  if (version > 0 || !(error instanceof GanglionError) || error.code !== "DIVERGED") return error;
  return new GanglionError(
    "DIVERGED",
    `the results of phase ${phase} are not finite from the first step on, with the initial weights: look in the losses and networks for a logarithm, a root or a division of zero`,
    { cause: error },
  );
}

/** Names the layers that are not finite, or where all are the largest, whose square is not. */
function diverged(step: number, { layerGradientNorms }: Lesson): GanglionError {
  const layers = Object.entries(layerGradientNorms).sort(([, a], [, b]) => b - a);
  const bad = layers.filter(([, norm]) => !Number.isFinite(norm));
  const names = (bad.length > 0 ? bad : layers.slice(0, 1)).map(
    ([layer, norm]) => `${layer} ${norm.toPrecision(3)}`,
  );
  return new GanglionError(
    "DIVERGED",
    `the mean gradient of step ${step} cannot be applied (norm of ${names.join(", ")}): ${DIVERGED_REMEDY}`,
  );
}
