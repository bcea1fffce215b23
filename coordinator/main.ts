// The coordinator: compiles the run, lets nodes join, trains, and leaves a folder that explains itself.
import { writeFile } from "node:fs/promises";
import { type RunConfig, longWarmUps, totalSteps } from "../shared/config.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { GanglionError, messageOf } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { warnOfBlindness } from "../shared/objectives/blindness.ts";
import { type CompiledRun, compileRun } from "../shared/objectives/compile-run.ts";
import type { Plan } from "../shared/protocol/messages.ts";
import type { Hub } from "../shared/transport/transport.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { RunEvent } from "./dashboard/events.ts";
import type { EventHistory } from "./dashboard/history.ts";
import { Team } from "./arithmetic/team.ts";
import { Vectors } from "./arithmetic/vectors.ts";
import { createConstrain } from "./constraints.ts";
import { Guard } from "./guard.ts";
import { Learner } from "./learner.ts";
import { Leases } from "./leases.ts";
import { Members } from "./members.ts";
import { Pace } from "./pace.ts";
import { Progress } from "./progress.ts";
import { refusalsOf } from "./refusals.ts";
import { READ_EVERY_MS, reachableTime } from "./reachable-time.ts";
import type { RunFolder } from "./run-folder.ts";
import { RunRecords } from "./run-records.ts";
import { type Cursor, train } from "./training.ts";
import { Weights, weightsHash } from "./weights.ts";
import { ZeroWatch } from "./zero-watch.ts";

export interface CoordinatorOptions {
  readonly config: RunConfig;
  readonly train: Dataset;
  /** The test split, for runs that evaluate. */
  readonly test: Dataset | null;
  readonly folder: RunFolder;
  /** To go on from. */
  readonly checkpoint: Checkpoint | null;
  readonly hub: Hub;
  readonly history: EventHistory;
  readonly log: Log;
  /** Finish the step, write a checkpoint, end. */
  readonly stop: AbortSignal;
  /** Give up now, with the signal's reason: a node of this process failed for good. */
  readonly halt: AbortSignal;
}

/** What a checkpoint says of its run: enough to build the networks again without the data. */
export interface CheckpointConfig {
  readonly run: RunConfig;
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
}

export interface Outcome {
  readonly state: "done" | "stopped";
  readonly steps: number;
  readonly images: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly version: number;
  readonly weightsHash: string;
  readonly run: string;
}

/** No node for so long is worth a warning. */
const LONELY_MS = 15_000;

/** How often a dashboard hears what each node has contributed. */
const VIEWS_MS = 5000;

/**
 * Runs one training to its end or until it is asked to stop.
 *
 * @throws GanglionError DATA when the batch outgrows the data, MODEL/TRACE from compiling, DIVERGED, WORKER, RUN_FOLDER
 */
export async function runCoordinator(options: CoordinatorOptions): Promise<Outcome> {
  const { config, folder, checkpoint, hub, history, log } = options;
  const publish = (event: RunEvent): void => void history.publish(event);
  const warn = (code: string, message: string): void => {
    log.warn({ code }, message);
    publish({ type: "warning", code, message });
  };
  checkBatch(config, options.train);
  const compiled = await compileRun(config, options.train);
  checkCheckpoint(checkpoint, compiled);
  const blindness = warnOfBlindness(compiled.phases);
  if (blindness) warn(blindness.code, blindness.message);
  const plan = planOf(options, compiled);
  const steps = totalSteps(config, options.train.count, samplesPerStep(plan, config));
  checkWarmUps(config, steps);
  await writeFile(folder.configFile, `${JSON.stringify(config, null, 2)}\n`);

  const weights = new Weights(
    checkpoint?.weights ?? compiled.initialWeights,
    checkpoint?.version ?? 0,
    createConstrain(compiled.layout, compiled.constraints),
  );
  const team = new Team((message) => warn("WORKER", message));
  const learner = new Learner({
    config,
    layout: compiled.layout,
    initial: weights.current,
    networks: Object.keys(compiled.parameters),
    steps,
    arithmetic: team,
  });
  if (checkpoint) learner.restore(checkpoint);
  const cursor: Cursor = { step: checkpoint?.step ?? 0, position: checkpoint?.position ?? 0 };
  let arithmetic = checkpoint?.arithmetic ?? "none";
  const members = new Members({
    hub,
    plan,
    programs: compiled.programs,
    weights,
    log,
    warn,
    changed(nodes) {
      publish({ type: "workers", nodes });
      arithmetic = members.ready()[0]?.arithmetic ?? arithmetic; // a checkpoint tells it also when all have left
    },
  });
  const isReachable = (): boolean => hub.status().connected;
  const now = reachableTime(isReachable);
  const pace = new Pace(warn, now);
  const leases = new Leases({ members, pace, log, warn, now });
  const about: CheckpointConfig = {
    run: config,
    imageShape: options.train.imageShape,
    classes: options.train.classes,
  };
  const records = await RunRecords.open({
    folder,
    about,
    layout: compiled.layout,
    weights,
    learner,
    arithmetic: () => arithmetic,
    publish,
    resumed: checkpoint,
  });
  const progress = new Progress({ steps, epochSize: options.train.count, position: cursor.position });
  const state = (name: Extract<RunEvent, { type: "run" }>["state"], reason?: string): void =>
    publish({
      type: "run",
      run: folder.name,
      state: name,
      preset: config.preset,
      steps,
      batch: config.batch,
      parameters: compiled.parameters,
      folder: folder.path,
      ...(reason !== undefined && { reason }),
    });

  state("preparing");
  const compilation = { programs: compiled.programs.size, traceMs: Math.round(compiled.traceMs) };
  publish({ type: "compiled", ...compilation });
  log.info(compilation, "compiled");
  const serving = members.serve();
  const halt = AbortSignal.any([options.halt, haltWhenStoppedAlone(options, members)]);
  const lonely = setInterval(() => {
    if (members.ready().length === 0 && !halt.aborted && isReachable())
      warn("NO_WORKERS", `no worker is ready: they join at ${hub.address}`);
  }, LONELY_MS);
  const readings = setInterval(now, READ_EVERY_MS);
  const view = (): void =>
    publish({ type: "workers", nodes: members.views(), refused: refusalsOf(hub, leases) });
  const views = setInterval(view, VIEWS_MS);
  try {
    await firstMember(members, halt);
    state("training");
    const ended = await train({
      config,
      plan,
      steps,
      epochSize: options.train.count,
      testSize: options.test?.count ?? 0,
      members,
      leases,
      pace,
      weights,
      learner,
      vectors: new Vectors(team),
      guard: new Guard(config),
      zeros: new ZeroWatch(),
      records,
      progress,
      publish,
      warn,
      cursor,
      stop: options.stop,
      halt,
    });
    state(ended);
    return outcome(ended);
  } catch (error) {
    if (error instanceof StoppedAlone) {
      // Between two phases of a step there is nothing that a run could go on from.
      const betweenSteps = weights.version === cursor.step * plan.phases.length;
      if (betweenSteps && cursor.step > 0) await records.checkpoint(cursor);
      state("stopped");
      return outcome("stopped");
    }
    state("failed", messageOf(error));
    throw error;
  } finally {
    clearInterval(lonely);
    clearInterval(views);
    clearInterval(readings);
    view();
    log.info({ leases: leases.counts, transport: hub.status() }, "accounting");
    await members.stop("the run is over");
    await hub.close();
    await serving;
    await records.close();
    await team.close();
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

/** The user wants to stop, and nobody is left to finish the step. */
class StoppedAlone extends Error {}

function haltWhenStoppedAlone(
  { stop, halt }: Pick<CoordinatorOptions, "stop" | "halt">,
  members: Members,
): AbortSignal {
  const controller = new AbortController();
  const watch = async (): Promise<void> => {
    while (members.ready().length > 0) await members.change(halt);
    controller.abort(new StoppedAlone());
  };
  const begin = (): void => void watch().catch(() => undefined); // halted: that ends the run by itself
  if (stop.aborted) begin();
  else stop.addEventListener("abort", begin, { once: true });
  return controller.signal;
}

async function firstMember(members: Members, halt: AbortSignal): Promise<void> {
  while (members.ready().length === 0) {
    halt.throwIfAborted();
    await members.change(halt);
  }
}

function planOf(options: CoordinatorOptions, compiled: CompiledRun): Plan {
  const { config, folder } = options;
  const { phases, generate, evaluate, layout } = compiled;
  const { name, fingerprint } = options.train;
  const test = evaluate ? (options.test?.fingerprint ?? null) : null;
  return {
    run: folder.name,
    seed: config.seed,
    weights: layout,
    phases: [...phases],
    latentSize: config.latentSize,
    data: { name, fingerprint, test },
    generate,
    evaluate,
  };
}

function samplesPerStep(plan: Plan, config: RunConfig): number {
  return plan.phases.filter(({ usesSamples }) => usesSamples).length * config.batch;
}

/** @throws GanglionError CONFIG */
export function checkBatch({ batch }: RunConfig, { count, name }: Pick<Dataset, "count" | "name">): void {
  if (batch > count)
    throw new GanglionError(
      "CONFIG",
      `the batch of ${batch} is larger than the data set ${name} with its ${count} images: lower --batch`,
    );
}

/** Where the run is so many epochs long, the data decides how many steps that is. */
function checkWarmUps(config: RunConfig, steps: number): void {
  const [fault] = longWarmUps(config, steps);
  if (fault) throw new GanglionError("CONFIG", `config field ${fault.path.join(".")}: ${fault.message}`);
}

function checkCheckpoint(checkpoint: Checkpoint | null, { layout }: CompiledRun): void {
  if (!checkpoint || checkpoint.layout.hash === layout.hash) return;
  throw new GanglionError(
    "CHECKPOINT",
    `the checkpoint has layout ${checkpoint.layout.hash.slice(0, 12)}…, the networks have ${layout.hash.slice(0, 12)}…: they are not the ones it was trained with; put the model module back as it was, or start a new run`,
  );
}
