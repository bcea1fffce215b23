// `ganglion evaluate`: how good the generators of runs and checkpoints are.
import { availableParallelism } from "node:os";
import { loadCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../coordinator/records/checkpoint/checkpoint-content.ts";
import { listCheckpoints } from "../../coordinator/records/checkpoint/list-checkpoints.ts";
import type { Evaluation } from "../../coordinator/evaluation/evaluator.ts";
import { usualDataMemory } from "../../shared/data/memory-bound.ts";
import { GanglionError } from "../../shared/errors.ts";
import { type EngineChoice, mostThreads } from "../../worker/engine/engine-choice.ts";
import { type Measured, evaluationTable } from "../evaluation/evaluation-table.ts";
import { type Measuring, openMeasuring } from "../evaluation/measuring.ts";
import { checkEngine, openExtractor } from "../evaluation/open-extractor.ts";
import type { EngineFlags } from "../flags/options.ts";
import { settleEngine } from "../nodes/settle-engine.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { generatorOf } from "../run/checkpoint-generator.ts";
import { findCheckpoint, findRunOrFile } from "../run/find-checkpoint.ts";
import { catchInterrupts } from "../run/interrupts.ts";
import { loadRunData } from "../run/load-data.ts";
import { type Display, chooseDisplay, createDisplay } from "../terminal/display.ts";
import { count, displayPath, plural } from "../terminal/format.ts";
import { sayJson, sayText } from "../terminal/output.ts";

export interface EvaluateFlags extends EngineFlags {
  readonly all?: boolean;
  readonly count?: number;
  readonly seed?: number;
  readonly extractor?: string;
  readonly data?: string;
  readonly model?: string;
  readonly threads?: number;
  readonly out: string;
  readonly json?: boolean;
  readonly dataMemory?: number;
}

/** Checkpoints of one run, which have one generator and one data set. */
interface Group {
  readonly name: string;
  readonly files: readonly string[];
  /** Whose they are; null for a file outside of a run. */
  readonly run: RunPaths | null;
}

/** @throws GanglionError USAGE, CONFIG, CHECKPOINT, DATA, MODEL; what was measured before is printed */
export async function evaluate(named: readonly string[], flags: EvaluateFlags): Promise<void> {
  const display = createDisplay(chooseDisplay(flags));
  const wanted = flags.threads ?? availableParallelism();
  const { choice } = await settleEngine(flags, flags.threads ?? 1);
  const threads = Math.min(wanted, mostThreads(choice));
  const groups = await Promise.all(named.map((name) => groupOf(name, flags, display)));
  const interrupts = catchInterrupts(display.say, "stopping: what is measured already is kept");
  const { stop } = interrupts;
  try {
    for (const group of groups) {
      if (stop.aborted) break;
      await evaluateGroup(group, flags, { display, choice, threads, stop });
    }
  } finally {
    display.close();
    interrupts.release();
  }
}

async function groupOf(name: string, { out, all }: EvaluateFlags, display: Display): Promise<Group> {
  const place = await findRunOrFile(name, { out });
  if (place.kind === "run" && all) {
    const found = await listCheckpoints(place.run.checkpoints);
    if (found.length === 0)
      throw new GanglionError("USAGE", `the run ${displayPath(place.run.path)} has no checkpoint yet`);
    return { name, files: found.map(({ file }) => file).reverse(), run: place.run };
  }
  const { file, warnings, run } = await findCheckpoint(name, { out });
  for (const warning of warnings) display.warn("CHECKPOINT", warning);
  return { name, files: [file], run };
}

interface Surroundings {
  readonly display: Display;
  readonly choice: EngineChoice;
  readonly threads: number;
  readonly stop: AbortSignal;
}

async function evaluateGroup(
  { name, files, run: folder }: Group,
  flags: EvaluateFlags,
  { display, choice, threads, stop }: Surroundings,
): Promise<void> {
  const first = await loadCheckpoint(files[0]);
  const warn = (message: string): void => display.warn("EVALUATION", message);
  const generator = await generatorOf(first, {
    name,
    ...(flags.model !== undefined && { model: flags.model }),
    run: folder,
    warn,
  });
  const train = await realImages(first, flags, display);
  const { run } = first.config;
  const extractor = await openExtractor(flags.extractor ?? run.extractor, train, display.say);
  checkEngine(extractor, choice.engine);
  const images = flags.count ?? run.evaluateImages;
  const doneOf = files.length > 1 ? (at: number): string => `${at + 1}/${files.length}  ` : (): string => "";
  let at = 0;
  const measuring: Measuring = await openMeasuring({
    generator,
    config: first.config,
    extractor,
    train,
    images,
    seed: flags.seed ?? run.seed,
    choice,
    threads,
    warn,
    stop,
    onProgress: (doing, done, total) =>
      display.progress([
        `${doneOf(at)}${doing === "comparing" ? `comparing ${done} %` : `${doing} ${count(done)}/${count(total)}`}`,
      ]),
  });
  const measured: Measured[] = [];
  try {
    for (const file of files) {
      const checkpoint = file === files[0] ? first : await loadCheckpoint(file);
      const evaluation = await orStopped(measuring.measure(checkpoint), stop);
      if (!evaluation) break;
      measured.push({ step: checkpoint.step, file, evaluation });
      if (flags.json) {
        const { step } = checkpoint;
        sayJson({ event: "evaluation", checkpoint: file, step, ...evaluation });
      }
      at++;
    }
  } finally {
    await measuring.close();
    display.progress([]);
    if (measured.length > 0 && !flags.json) sayText(evaluationTable(name, measured));
  }
  if (measured.length < files.length)
    display.say(`stopped: ${measured.length} of ${plural(files.length, "checkpoint")} measured`);
}

/** Null where the user did not want to wait. */
async function orStopped(evaluation: Promise<Evaluation>, stop: AbortSignal): Promise<Evaluation | null> {
  try {
    return await evaluation;
  } catch (error) {
    if (stop.aborted) return null;
    throw error;
  }
}

/** What the generator is compared with. @throws GanglionError DATA, USAGE where they are of another shape */
async function realImages(
  { config, fingerprints }: Checkpoint,
  { data, dataMemory = usualDataMemory() }: EvaluateFlags,
  display: Display,
): ReturnType<typeof loadRunData> extends Promise<{ train: infer Train }> ? Promise<Train> : never {
  const { run, imageShape } = config;
  const { train } = await loadRunData({ ...run, data: data ?? run.data }, dataMemory, display);
  if (train.imageShape.some((side, axis) => side !== imageShape[axis])) {
    throw new GanglionError(
      "USAGE",
      `the images of ${train.name} are ${train.imageShape.join("×")}, and the generator draws ${imageShape.join("×")}: give the data that it was trained on with --data`,
    );
  }
  const trained = fingerprints?.train.fingerprint;
  if (trained !== undefined && trained !== train.fingerprint) {
    const why = data === undefined ? "they have changed since" : "as --data says";
    display.warn(
      "DATA",
      `the images of ${train.name} are not those that the run was trained on (${why}): it is compared with others than it has seen`,
    );
  }
  return train;
}
