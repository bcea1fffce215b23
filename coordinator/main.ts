// The coordinator: compiles the run, lets nodes join, trains, and leaves a folder that explains itself.
import { type RunConfig, totalSteps } from "../shared/config/config.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { areClassNumbers } from "../shared/data/labels.ts";
import { checkSplits } from "../shared/data/splits.ts";
import { isDivergence, messageOf } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { warnOfUnusedSamples } from "./compiler/objectives/unused-samples.ts";
import { type CompiledRun, compileRun } from "./compiler/compile-run.ts";
import { isOwnFault } from "../shared/protocol/own-message.ts";
import { withTimeout } from "../shared/with-timeout.ts";
import { defectOf } from "../shared/transport/own-faults.ts";
import type { Hub } from "../shared/transport/transport.ts";
import type { Checkpoint } from "./records/checkpoint/checkpoint-content.ts";
import type { CheckpointConfig } from "./records/checkpoint/checkpoint-config.ts";
import type { RunEvent } from "./dashboard/events.ts";
import type { EventHistory } from "./dashboard/history.ts";
import { Team } from "./update/vector-threads/team.ts";
import { Vectors } from "./update/vector-threads/vectors.ts";
import { createConstrain } from "./update/constraints.ts";
import { fingerprintsOf } from "./records/fingerprints.ts";
import { Guard } from "./guard/guard.ts";
import { Learner } from "./update/update.ts";
import { Leases } from "./leases/leases.ts";
import { Liveness } from "./leases/stall-detector.ts";
import { Members } from "./members/members.ts";
import { NodeNews } from "./members/membership-events.ts";
import { Pace } from "./leases/speed/speed-model.ts";
import { planOf, samplesPerStep } from "./plan.ts";
import { Progress } from "./progress.ts";
import { Plausibility } from "./leases/trust/plausibility.ts";
import { refusalsOf } from "./leases/refusals.ts";
import { READ_EVERY_MS, reachableTime } from "./members/reachable-time.ts";
import { checkBatch, checkResumed, checkWarmUps } from "./run-checks.ts";
import type { RunFolder } from "./records/run-folder.ts";
import { RunRecords, recordStart } from "./records/run-records.ts";
import { StoppedAlone, haltWhenStoppedAlone } from "./members/stop-without-workers.ts";
import { type Cursor, train } from "./training.ts";
import { Warnings } from "./guard/warnings.ts";
import { Weights, weightsHash } from "./update/weights.ts";
import { operationsOf } from "./leases/speed/work-size.ts";
import { ZeroWatch } from "./guard/zero-gradient-detector.ts";

export interface CoordinatorOptions {
  readonly config: RunConfig;
  readonly train: Dataset;
  /** The test split, for runs that evaluate. */
  readonly test: Dataset | null;
  readonly folder: RunFolder;
  /** To go on from. */
  readonly checkpoint: Checkpoint | null;
  /** Where the run is compiled already, to be checked before anything was changed. */
  readonly compiled?: CompiledRun;
  readonly hub: Hub;
  readonly history: EventHistory;
  readonly log: Log;
  /** Finish the step, write a checkpoint, end. */
  readonly stop: AbortSignal;
  /** Give up now, with the signal's reason: a node of this process failed for good. */
  readonly halt: AbortSignal;
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

/** How long it may take to tell the nodes that the run is over: a broker may be away. */
const FAREWELL_MS = 5000;

/** How often a dashboard hears what each node has contributed. */
const VIEWS_MS = 5000;

/**
 * Runs one training to its end or until it is asked to stop.
 *
 * @throws GanglionError CONFIG when the batch outgrows the data, DATA when its splits do not fit together, CHECKPOINT
 *   when it is of other networks, MODEL/TRACE from compiling, DIVERGED, WORKER, RUN_FOLDER
 */
export async function runCoordinator(options: CoordinatorOptions): Promise<Outcome> {
  const { config, folder, checkpoint, hub, history, log } = options;
  const publish = (event: RunEvent): void => void history.publish(event);
  const warnings = new Warnings({ log, publish });
  const warn = (code: string, message: string): void => warnings.warn(code, message);
  checkBatch(config, options.train);
  for (const message of checkSplits(options.train, options.test)) warn("DATA", message);
  const compiled = options.compiled ?? (await compileRun(config, options.train));
  const fingerprints = await fingerprintsOf(options, compiled);
  const before = checkpoint?.fingerprints ?? null;
  checkResumed({ config, checkpoint, before, now: fingerprints, compiled });
  const unused = warnOfUnusedSamples(compiled.phases);
  if (unused) warn(unused.code, unused.message);
  const plan = planOf({ ...options, run: folder.name }, compiled);
  const steps = totalSteps(config, options.train.count, samplesPerStep(plan, config));
  checkWarmUps(config, steps);
  await recordStart(folder, config, fingerprints);

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
  const nodeNews = new NodeNews(publish);
  const members = new Members({
    hub,
    plan,
    programs: compiled.programs,
    weights,
    log,
    warn,
    changed(nodes) {
      nodeNews.changed(nodes);
      arithmetic = members.ready()[0]?.arithmetic ?? arithmetic; // a checkpoint tells it also when all have left
      liveness.nodesChanged();
    },
  });
  const isReachable = (): boolean => hub.status().connected;
  const now = reachableTime(isReachable);
  const pace = new Pace({ warn, now, operations: operationsOf(plan, compiled.programs) });
  const leases = new Leases({ members, pace, log, warn, now, isClosed: hub.inPlace === true });
  const { imageShape, classes, classLabels } = options.train;
  const labels = areClassNumbers(classLabels) ? {} : { labels: classLabels };
  const about: CheckpointConfig = {
    run: config,
    imageShape,
    classes,
    ...labels,
  };
  const records = await RunRecords.open({
    folder,
    about,
    fingerprints,
    layout: compiled.layout,
    weights,
    learner,
    arithmetic: () => arithmetic,
    publish,
    resumed: checkpoint,
    warn,
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
      classes,
      ...labels,
      folder: folder.path,
      ...(reason !== undefined && { reason }),
    });

  const phases = plan.phases.map(({ name }) => name);
  const changed = (waitsFor: string | null): void =>
    waitsFor === null ? state("training") : state("stalled", `it waits for ${waitsFor}`);
  const liveness = new Liveness({ now, members, leases, phases, warn, changed });

  state("preparing");
  const named = { data: options.train.name, images: options.train.count };
  log.info({ ...named, imageShape, classes, ...labels }, "data");
  const compilation = { programs: compiled.programs.size, traceMs: Math.round(compiled.traceMs) };
  publish({ type: "compiled", ...compilation });
  log.info(compilation, "compiled");
  const serving = members.serve();
  const halt = AbortSignal.any([
    options.halt,
    defectOf(hub),
    haltWhenStoppedAlone({
      stop: options.stop,
      halt: options.halt,
      members,
      isReachable,
      isSilent: () => leases.isSilent(),
    }),
  ]);
  const lonely = setInterval(() => {
    if (members.ready().length > 0 || halt.aborted || !isReachable()) return;
    const benched = members.benched().map(({ id }) => id);
    const others =
      benched.length > 0 ? `; ${benched.join(", ")} made mistakes, and will be given work again later` : "";
    warn("NO_WORKERS", `no worker is ready: they join at ${hub.address}${others}`);
  }, LONELY_MS);
  const readings = setInterval(now, READ_EVERY_MS);
  const view = (): void =>
    publish({ type: "workers", nodes: members.views(), refused: refusalsOf(hub, leases) });
  const views = setInterval(view, VIEWS_MS);
  try {
    if (cursor.step < steps) await firstMember(members, halt);
    state("training");
    liveness.start();
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
      plausibility: new Plausibility(),
      records,
      progress,
      publish(event) {
        liveness.hear(event);
        publish(event);
      },
      warn,
      cursor,
      stop: options.stop,
      halt,
    });
    state(ended);
    return outcome(ended);
  } catch (error) {
    // Between two phases of a step there is nothing that a run could go on from.
    const betweenSteps = weights.version === cursor.step * plan.phases.length;
    const worthKeeping = error instanceof StoppedAlone || isOwnFault(error);
    if (worthKeeping && betweenSteps && cursor.step > 0) await records.checkpoint(cursor);
    if (error instanceof StoppedAlone) {
      state("stopped");
      return outcome("stopped");
    }
    state(isDivergence(error) ? "diverged" : "failed", messageOf(error));
    throw error;
  } finally {
    liveness.stop();
    clearInterval(lonely);
    clearInterval(views);
    clearInterval(readings);
    nodeNews.flush();
    view();
    log.info({ leases: leases.counts, transport: hub.status() }, "accounting");
    await withTimeout(members.stop("the run is over"), FAREWELL_MS);
    await hub.close();
    await serving;
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

async function firstMember(members: Members, halt: AbortSignal): Promise<void> {
  while (members.ready().length === 0) {
    halt.throwIfAborted();
    await members.change(halt);
  }
}
