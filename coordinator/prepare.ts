// Prepares a run: config, data and checkpoint are checked, the networks compiled, and its start recorded.
import type { RunConfig } from "../shared/config/config.ts";
import { nextChangeOf } from "../shared/config/history/history.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { samplesOf } from "../shared/data/image-options.ts";
import { areClassNumbers } from "../shared/data/labels.ts";
import { checkSplits } from "../shared/data/splits.ts";
import type { Extractor } from "../shared/evaluation/extractor.ts";
import type { Plan } from "../shared/protocol/messages.ts";
import { type CompiledRun, compileRun } from "./compiler/compile-run.ts";
import { compileWithCopy } from "./compiler/compile-with-copy.ts";
import type { ModelCopy } from "./compiler/models/users/copy/model-copy.ts";
import { startWarnings } from "./compiler/start-warnings.ts";
import { planOf, samplesIn, stepsOf } from "./plan.ts";
import type { CheckpointConfig } from "./records/checkpoint/checkpoint-config.ts";
import type { Checkpoint } from "./records/checkpoint/checkpoint-content.ts";
import { type Fingerprints, fingerprintsOf } from "./records/fingerprints.ts";
import type { RunFolder } from "./records/run-folder.ts";
import { withFiles, withModelFiles } from "./records/files/model-files.ts";
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
  /** Whether the folder was made for it just now: a run may go on there from the checkpoint of another. */
  readonly isNew?: boolean;
  /** To go on from. */
  readonly checkpoint: Checkpoint | null;
  /** Where the run is compiled already, to be checked before anything was changed. */
  readonly compiled?: CompiledRun;
  /** The run's own copy of its module and saved networks; null where it has a preset alone. */
  readonly copy?: ModelCopy | null;
  /** What measures the generator's images; absent where nothing does. */
  readonly extractor?: Extractor | null;
}

export interface PreparedRun {
  readonly compiled: CompiledRun;
  readonly fingerprints: Fingerprints;
  readonly plan: Plan;
  /** Of the whole run. */
  readonly steps: number;
  /** That training will have used when the run ends. */
  readonly runImages: number;
  /** Steps until the config changes: Infinity where it does not. */
  readonly until: number;
  /** What checkpoints say of the run. */
  readonly about: CheckpointConfig;
  readonly copy: ModelCopy | null;
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
  const { compiled, copy } = await compile(options, warn);
  const fingerprints = await fingerprintsOf({ ...options, copy }, compiled);
  const before = checkpoint?.fingerprints ?? null;
  checkResumed({ config, checkpoint, before, now: fingerprints, compiled });
  const plan = planOf({ ...options, run: folder.name }, compiled);
  const samples = samplesOf(config.images, train.count);
  const steps = stepsOf(plan, config, samples, checkpoint ?? undefined);
  checkWarmUps(config, steps);
  const { step = 0, position = 0 } = checkpoint ?? {};
  const runImages = position + samplesIn(plan, config, step, steps - step);
  for (const { code, message } of startWarnings(compiled, config, runImages)) warn(code, message);
  const { run, applied } = options.recorded ?? { run: config, applied: 0 };
  await recordStart(folder, run, fingerprints, copy);
  const { imageShape, classes, classLabels, classNames } = train;
  const labels = {
    ...(!areClassNumbers(classLabels) && { labels: classLabels }),
    ...(classNames !== null && { names: classNames }),
  };
  const until = nextChangeOf(run, applied);
  const changes = run.history.length > 0 && { applied };
  const about = { run, ...changes, imageShape, classes, ...labels };
  return { compiled, fingerprints, plan, steps, runImages, until, about, copy };
}

async function compile(
  { config, train, compiled, copy = null }: RunToPrepare,
  warn: (code: string, message: string) => void,
): Promise<Pick<PreparedRun, "compiled" | "copy">> {
  if (compiled) return { compiled, copy };
  if (!copy) return { compiled: await compileRun(config, train), copy };
  const made = await withModelFiles(copy, (files) =>
    compileWithCopy(config, train, withFiles(config, files)),
  );
  if (made.difference === null) return { compiled: made.compiled, copy };
  warn(
    "MODEL",
    `the run holds no copy of its module: put into one file, that makes other networks (${made.difference}); to resume it or draw from it, keep the module as it is`,
  );
  return { compiled: made.compiled, copy: { ...copy, module: null } };
}
