// The coordinator: compiles the run, lets nodes join, trains, and leaves a folder that explains itself.
import { isDivergence, messageOf } from "../shared/errors.ts";
import { samplesOf } from "../shared/data/image-options.ts";
import { segmentsOf } from "../shared/config/history/history.ts";
import type { Log } from "../shared/log.ts";
import { classColumns } from "../shared/program/class-columns.ts";
import { decodeProgram } from "../shared/program/program.ts";
import { roundsIn } from "../shared/protocol/phase-rounds.ts";
import { isOwnFault } from "../shared/protocol/own-message.ts";
import type { Hub } from "../shared/transport/transport.ts";
import type { RunEvent } from "./dashboard/events.ts";
import { placeOf } from "./compiler/layer-places.ts";
import type { EventHistory } from "./dashboard/history.ts";
import { runEvaluator } from "./evaluation/run-evaluator.ts";
import { Guard } from "./guard/guard.ts";
import { Warnings } from "./guard/warnings.ts";
import { ZeroGradientDetector } from "./guard/zero-gradient-detector.ts";
import { Plausibility } from "./leases/trust/plausibility.ts";
import { StoppedWithoutWorkers } from "./members/stop-without-workers.ts";
import { openNodes } from "./nodes.ts";
import { nowOf } from "./now.ts";
import { type PreparedRun, type RunToPrepare, prepareRun } from "./prepare.ts";
import { Progress } from "./progress.ts";
import { updatesOf } from "./records/checkpoint/carried-state.ts";
import type { Checkpoint } from "./records/checkpoint/checkpoint-content.ts";
import { Records } from "./records/records.ts";
import type { Course } from "./steering/between-steps.ts";
import type { Steering } from "./steering/steering.ts";
import { type Cursor, type Ending, train } from "./training.ts";
import { createConstrain } from "./update/constraints.ts";
import { Updater } from "./update/update.ts";
import { Team } from "./update/vector-threads/team.ts";
import { Vectors } from "./update/vector-threads/vectors.ts";
import { Weights, weightsHash } from "./update/weights.ts";

export interface CoordinatorOptions extends RunToPrepare {
  readonly hub: Hub;
  readonly history: EventHistory;
  readonly log: Log;
  /** Finish the step, write a checkpoint, end. */
  readonly stop: AbortSignal;
  /** What may be asked of the run while it goes on, and what changes its course; null where nobody can ask. */
  readonly steering?: Steering | null;
  readonly course?: Course | null;
  /** Of a run whose config has changed: it begins with a checkpoint, which records that. */
  readonly isChanged?: boolean;
  /** Called once the change with which it begins is recorded. */
  readonly began?: () => void;
  /** Give up now, with the signal's reason: a node of this process failed for good. */
  readonly halt: AbortSignal;
}

export interface Outcome {
  /** `changes`: the config changes here, and the run is to go on with the next one. */
  readonly state: Ending;
  readonly steps: number;
  readonly images: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly version: number;
  readonly weightsHash: string;
  readonly run: string;
}

/**
 * Runs one training to its end or until it is asked to stop.
 *
 * @throws GanglionError as `prepareRun`, DIVERGED, WORKER, RUN_FOLDER; the reason of `halt`
 */
export async function runCoordinator(options: CoordinatorOptions): Promise<Outcome> {
  const { config, folder, checkpoint, hub, history, log, stop, steering = null, course = null } = options;
  const publish = (event: RunEvent): void => void history.publish(event);
  const warnings = new Warnings({ log, publish });
  const warn = (code: string, message: string): void => warnings.warn(code, message);
  const run = await prepareRun(options, warn);
  const { compiled, fingerprints, plan, steps, runImages, until, about } = run;
  const state = (name: RunState, reason?: string): void => publish(runEvent(options, run, name, reason));

  const team = new Team((message) => warn("WORKER", message), undefined, hub.vectors);
  const { weights, updater, cursor } = openState(options, run, team);
  const [startStep, startVersion] = [cursor.step, weights.version];
  const epochSize = samplesOf(options.config.images, options.train.count);
  const progress = new Progress({ steps, epochSize, position: cursor.position });
  const records = await Records.open({
    folder,
    about,
    fingerprints,
    copy: run.copy,
    layout: compiled.layout,
    weights,
    updater,
    numerics: () => nodes.numerics(),
    publish,
    resumed: checkpoint,
    isNew: options.isNew ?? false,
    warn,
  });

  state("preparing");
  const { imageShape, classes, labels } = about;
  log.info(
    { data: options.train.name, images: options.train.count, imageShape, classes, ...(labels && { labels }) },
    "data",
  );
  const compilation = { programs: compiled.programs.size, traceMs: Math.round(compiled.traceMs) };
  publish({ type: "compiled", ...compilation });
  log.info(compilation, "compiled");
  const { extractor = null } = options;
  const nodes = openNodes({
    hub,
    plan,
    programs: extractor
      ? new Map([...compiled.programs, [extractor.spec.hash, extractor.bytes]])
      : compiled.programs,
    weights,
    numerics: checkpoint && checkpoint.step > 0 ? checkpoint.numerics : null,
    log,
    publish,
    warn,
    stalled: (waitsFor) =>
      waitsFor === null ? state("training") : state("stalled", `it waits for ${waitsFor}`),
    stop,
    halt: options.halt,
  });
  const { members, leases, speedModel, stallDetector, halt } = nodes;
  let isGoingOn = false;
  try {
    if (options.isChanged) await records.checkpoint(cursor);
    options.began?.();
    if (cursor.step < Math.min(steps, until)) await nodes.firstReady();
    const paused = (isPaused: boolean): void => {
      state(isPaused ? "paused" : "training");
      if (isPaused) stallDetector.stop();
      else stallDetector.start();
    };
    paused(steering?.isPaused ?? false);
    const ended = await train({
      config,
      plan,
      steps,
      until,
      runImages,
      epochSize,
      columns: columnsOf(compiled, options),
      testSize: options.test?.count ?? 0,
      evaluator: extractor && runEvaluator({ ...options, ...run, extractor, numerics: nodes.numerics, warn }),
      measuring: () => stallDetector.measured(),
      members,
      leases,
      speedModel,
      weights,
      updater,
      programs: compiled.programs,
      nowOf: nowOf(compiled.programs, config, { steps, runImages }),
      vectors: new Vectors(team),
      placeOf: (origin) => placeOf(compiled.places, origin),
      guard: new Guard(config, compiled),
      zeros: new ZeroGradientDetector(),
      plausibility: new Plausibility(),
      records,
      progress,
      publish(event) {
        stallDetector.observe(event);
        publish(event);
      },
      warn,
      cursor,
      steering,
      course,
      paused,
      stop,
      halt,
    });
    isGoingOn = ended === "changes";
    if (ended !== "changes") state(ended);
    return outcome(ended);
  } catch (error) {
    // Between two phases of a step there is nothing that a run could go on from.
    const rounds = plan.phases.map((phase) => roundsIn(phase, startStep, cursor.step - startStep));
    const betweenSteps = weights.version === rounds.reduce((sum, own) => sum + own, startVersion);
    const worthKeeping = error instanceof StoppedWithoutWorkers || isOwnFault(error);
    if (worthKeeping && betweenSteps && cursor.step > 0) await records.checkpoint(cursor);
    if (error instanceof StoppedWithoutWorkers) {
      state("stopped");
      return outcome("stopped");
    }
    state(isDivergence(error) ? "diverged" : "failed", messageOf(error));
    throw error;
  } finally {
    await nodes.close({ isGoingOn });
    await records.close();
    await team.close();
    warnings.flush();
  }

  function outcome(ended: Outcome["state"]): Outcome {
    const { step, position } = cursor;
    return {
      state: ended,
      steps: step,
      images: position,
      ...progress.overall(position),
      version: weights.version,
      weightsHash: weightsHash(weights.current),
      run: folder.path,
    };
  }
}

/** Of a sample grid, by the names of their classes. */
function columnsOf(
  { generate, programs }: PreparedRun["compiled"],
  { train: { classes, classLabels, classNames } }: CoordinatorOptions,
): readonly string[] | null {
  const takesLabels =
    generate && decodeProgram(programs.get(generate.program)!).inputs.some(({ name }) => name === "labels");
  if (!takesLabels || classColumns(classes, generate.batch) === null) return null;
  return classNames ?? classLabels.map(String);
}

/** What training changes: from the beginning, or from the checkpoint. */
function openState(
  { config, checkpoint }: CoordinatorOptions,
  { compiled, steps, runImages }: PreparedRun,
  threads: Team,
): { readonly weights: Weights; readonly updater: Updater; readonly cursor: Cursor } {
  const { layout, constraints, initialWeights, parameters } = compiled;
  const cursor = { step: checkpoint?.step ?? 0, position: checkpoint?.position ?? 0 };
  const earlier = checkpoint ? earlierOf(checkpoint) : {};
  const weights = new Weights(
    checkpoint?.weights ?? initialWeights,
    checkpoint?.version ?? 0,
    constraints.length > 0 ? createConstrain(layout, constraints) : null,
    (length) => threads.floats(length),
  );
  const networks = Object.keys(parameters);
  const initial = weights.current;
  const updater = new Updater({ config, layout, initial, networks, steps, runImages, ...earlier, threads });
  if (checkpoint) updater.restore(checkpoint);
  return { weights, updater, cursor };
}

/** Of the generator: updates by an optimizer that has made room for another since, and all images. */
function earlierOf({ step, config: { run, applied = 0 } }: Checkpoint): {
  readonly earlierUpdates: number;
  readonly earlierImages: number;
} {
  const { all, ofOptimizer, images } = updatesOf("generator", segmentsOf(run, applied, step));
  return { earlierUpdates: all - ofOptimizer, earlierImages: images };
}

type RunState = Extract<RunEvent, { type: "run" }>["state"];

function runEvent(
  { config, folder }: CoordinatorOptions,
  { compiled, steps, about }: PreparedRun,
  state: RunState,
  reason?: string,
): RunEvent {
  const { classes, labels } = about;
  return {
    type: "run",
    run: folder.name,
    state,
    preset: config.preset,
    steps,
    batch: config.batch,
    parameters: compiled.parameters,
    classes,
    ...(labels && { labels }),
    folder: folder.path,
    ...(reason !== undefined && { reason }),
  };
}
