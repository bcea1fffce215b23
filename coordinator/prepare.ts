// Prepares a run: config, data and checkpoint are checked, the networks compiled, and its start recorded.
import { type RunConfig, totalSteps } from "../shared/config/config.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { samplesOf } from "../shared/data/image-options.ts";
import { areClassNumbers } from "../shared/data/labels.ts";
import { checkSplits } from "../shared/data/splits.ts";
import type { Extractor } from "../shared/evaluation/extractor.ts";
import type { Plan } from "../shared/protocol/messages.ts";
import { type CompiledRun, compileRun } from "./compiler/compile-run.ts";
import { startWarnings } from "./compiler/start-warnings.ts";
import { planOf, samplesPerStep } from "./plan.ts";
import type { CheckpointConfig } from "./records/checkpoint/checkpoint-config.ts";
import type { Checkpoint } from "./records/checkpoint/checkpoint-content.ts";
import { type Fingerprints, fingerprintsOf } from "./records/fingerprints.ts";
import type { RunFolder } from "./records/run-folder.ts";
import { recordStart } from "./records/records.ts";
import { checkBatch, checkResumed, checkWarmUps } from "./run-checks.ts";

export interface Recorded {
  readonly run: RunConfig;
  readonly applied: number;
}

export interface RunToPrepare {
  /** What is in effect until the next change. */
  readonly config: RunConfig;
  /** Of a run with a history: the config as it is recorded, and how many of its changes are made. */
  readonly recorded?: Recorded;
  readonly train: Dataset;
  /** The test split, for runs that evaluate. */
  readonly test: Dataset | null;
  readonly folder: RunFolder;
  /** To go on from. */
  readonly checkpoint: Checkpoint | null;
  /** Where the run is compiled already, to be checked before anything was changed. */
  readonly compiled?: CompiledRun;
  /** What measures the generator's images; absent where nothing does. */
  readonly extractor?: Extractor | null;
}

export interface PreparedRun {
  readonly compiled: CompiledRun;
  readonly fingerprints: Fingerprints;
  readonly plan: Plan;
  /** Of the whole run. */
  readonly steps: number;
  /** Steps until the config changes: Infinity where it does not. */
  readonly until: number;
  /** What checkpoints say of the run. */
  readonly about: CheckpointConfig;
}

/**
 * @throws GanglionError CONFIG when the batch outgrows the data, DATA when its splits do not fit together, CHECKPOINT
 *   when it is of other networks, MODEL/TRACE from compiling, RUN_FOLDER when the start cannot be recorded
 */
export async function prepareRun(
  options: RunToPrepare,
  warn: (code: string, message: string) => void,
): Promise<PreparedRun> {
  const { config, train, test, folder, checkpoint } = options;
  checkBatch(config, train);
  for (const message of checkSplits(train, test)) warn("DATA", message);
  const compiled = options.compiled ?? (await compileRun(config, train));
  const fingerprints = await fingerprintsOf(options, compiled);
  const before = checkpoint?.fingerprints ?? null;
  checkResumed({ config, checkpoint, before, now: fingerprints, compiled });
  for (const { code, message } of startWarnings(compiled, config)) warn(code, message);
  const plan = planOf({ ...options, run: folder.name }, compiled);
  const samples = samplesOf(config.images, train.count);
  const steps = totalSteps(config, samples, samplesPerStep(plan, config), checkpoint ?? undefined);
  checkWarmUps(config, steps);
  const { run, applied } = options.recorded ?? { run: config, applied: 0 };
  await recordStart(folder, run, fingerprints);
  const { imageShape, classes, classLabels, classNames } = train;
  const labels = {
    ...(!areClassNumbers(classLabels) && { labels: classLabels }),
    ...(classNames !== null && { names: classNames }),
  };
  const until = run.history[applied]?.step ?? Infinity;
  const changes = run.history.length > 0 && { applied };
  const about = { run, ...changes, imageShape, classes, ...labels };
  return { compiled, fingerprints, plan, steps, until, about };
}
