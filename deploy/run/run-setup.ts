// From flags to a run that can start: config, data, folder, checkpoint.
import { parse } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Checkpoint } from "../../coordinator/records/checkpoint/checkpoint-content.ts";
import { configOf } from "../../coordinator/records/checkpoint/checkpoint-config.ts";
import { dataFingerprints, readFingerprints } from "../../coordinator/records/fingerprints.ts";
import { stepsOf } from "../../coordinator/plan.ts";
import type { Recorded } from "../../coordinator/prepare.ts";
import { checkBatch, checkWarmUps } from "../../coordinator/run-checks.ts";
import { type RunFolder, createRunFolder } from "../../coordinator/records/run-folder.ts";
import { checkSameData } from "../../coordinator/records/same-run.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { configAfter } from "../../shared/config/history/history.ts";
import { isBuiltIn } from "../../shared/data/formats.ts";
import { samplesOf } from "../../shared/data/image-options.ts";
import type { LoadedDataset } from "../../shared/data/load.ts";
import { usualDataMemory } from "../../shared/data/memory-bound.ts";
import { GanglionError } from "../../shared/errors.ts";
import type { CompiledRun } from "../../coordinator/compiler/compile-run.ts";
import { readRegularFile } from "../../shared/regular-file.ts";
import { decodeStatusRecord } from "../../shared/status-record.ts";
import type { Display } from "../terminal/display.ts";
import type { ConfigDraft } from "../flags/config-from-flags.ts";
import { loadRunData } from "./load-data.ts";
import { noteSkipped } from "./skipped-pictures.ts";
import { noteModule } from "./model/own-modules.ts";
import type { ModelCopy } from "../../coordinator/compiler/models/users/copy/model-copy.ts";
import { readModel } from "../../coordinator/records/files/model-files.ts";
import { resumeCommand } from "../terminal/command-line.ts";
import { withModelGoingOn } from "./model/going-on-model.ts";
import { copyOfRun } from "./model/run-copy.ts";
import { continuedFolder } from "./resume/continued-folder.ts";
import { openResumed } from "./resume/resumed-place.ts";
import { builtLine } from "./built-line.ts";
import { objectiveLine } from "./objective-text.ts";
import { warnOfEditedConfig } from "./resume/edited-config.ts";
import type { LabelFlags } from "./journal/labels.ts";
import { checkFixedFlags, movedFieldsOf } from "../flags/resume-flags.ts";
import { type ForkFlags, type Origin, originOf } from "./fork/origin.ts";
import { keepStart, startFrom } from "./fork/start.ts";
import { compileGoingOn, goOn } from "./segments/going-on.ts";

export interface RunFlags extends ForkFlags, LabelFlags {
  readonly resume?: string;
  /** With `resume`: fields that have another value from here on, each as FIELD=VALUE. */
  readonly change?: readonly string[];
  /** Images of more bytes than this stay in their file. */
  readonly dataMemory?: number;
}

export interface RunSetup {
  /** In effect until the first change. */
  readonly config: RunConfig;
  /** As config.json has it. */
  readonly recorded: Recorded;
  /** Whether it goes on with another config than it has had. */
  readonly isChanged?: boolean;
  readonly folder: RunFolder;
  readonly checkpoint: Checkpoint | null;
  readonly train: LoadedDataset;
  readonly test: LoadedDataset | null;
  /** Of a run that is resumed, which is compiled before anything is changed. */
  readonly compiled?: CompiledRun;
  /** The run's own copy of its module and saved networks; null where it has a preset alone. */
  readonly copy: ModelCopy | null;
  /** Whether the folder was made for it just now. */
  readonly isNew: boolean;
}

type Speaker = Pick<Display, "say" | "note" | "warn" | "progress">;

/**
 * Makes a new run's folder, or opens the one to resume; the caller releases it. `display` shows what takes long.
 *
 * @throws GanglionError CONFIG, DATA, CHECKPOINT, RUN_FOLDER
 */
export async function setUpRun(flags: RunFlags, display: Speaker): Promise<RunSetup> {
  if (flags.resume !== undefined && flags.from !== undefined)
    throw new GanglionError(
      "USAGE",
      `--resume ${flags.resume} goes on with a run, and --from ${flags.from} starts a new one: give one of them`,
    );
  if (flags.resume !== undefined) return resumeRun(flags, flags.resume, display);
  if (flags.change)
    throw new GanglionError(
      "USAGE",
      `--change ${flags.change.join(" ")} is for a run that goes on: name it with --resume, or give a new one the flag itself`,
    );
  const { draft, weights } = await originOf(flags, (message) => display.warn("CHECKPOINT", message));
  if (flags.model !== undefined) await noteModule(flags.model, display.warn);
  return newRun(draft, flags, display, weights);
}

/** A new run of this config, in a folder under `out`. */
export async function newRun(
  draft: ConfigDraft,
  { out, name, dataMemory = usualDataMemory() }: Pick<RunFlags, "out" | "name" | "dataMemory">,
  display: Speaker,
  weights: Origin["weights"] = null,
): Promise<RunSetup> {
  const data = await loadRunData(draft.config, dataMemory, display); // before the folder: a typing mistake leaves none behind
  const drafted = draft.forData(data.train);
  const start = weights && (await startFrom(weights, drafted, data, display.warn));
  const run = start?.run ?? drafted;
  const config = configAfter(run, 0);
  sayBuilt(config, data.train, display.say);
  start?.said.forEach(display.say);
  const copy = start ? start.copy : await copyOfRun(config, null, display.warn);
  const folder = await createRunFolder({ out, name: name ?? nameOf(config) });
  await noteSkipped(folder, data, display.warn);
  if (start) await keepStart(folder, start.checkpoint);
  const { checkpoint = null } = start ?? {};
  const isOwn = weights?.kind === "other run" && weights.networks !== null; // its module may be gone
  return {
    config,
    recorded: { run, applied: 0 },
    folder,
    isNew: true,
    checkpoint,
    ...(start && isOwn && { compiled: start.compiled }),
    copy,
    ...data,
  };
}

/** Whatever is refused here leaves the run as it was. */
async function resumeRun(flags: RunFlags, named: string, display: Speaker): Promise<RunSetup> {
  const { say, warn } = display;
  const { out, dataMemory = usualDataMemory() } = flags;
  const { folder, checkpoint, run, from, file } = await openResumed(named, { out }, warn);
  try {
    const going = goOn({ checkpoint, run }, flags, movedFieldsOf(flags));
    const { config } = going;
    await checkFixedFlags(flags, going.before);
    if (folder && checkpoint) await warnOfEditedConfig(folder, run, (why) => warn("CONFIG", why));
    const before =
      checkpoint?.fingerprints ??
      (folder && (await readFingerprints(folder.fingerprintsFile, (why) => warn("RUN_FOLDER", why))));
    const { length } = config;
    checkLength(checkpoint, length.kind === "steps" ? length.steps : Infinity, config);
    const name = folder ? `the run ${folder.path}` : `the checkpoint ${from}`;
    const copy = checkpoint?.model ?? (folder && (await readModel(folder)));
    const source = { going, copy, recorded: before?.module ?? null };
    const model = going.newModule ?? flags.model;
    const naming = { name, run: folder, warn, ...(model !== undefined && { model }) };
    const made = await withModelGoingOn(source, naming, async (files, kept) => {
      const step = checkpoint?.step ?? 0;
      say(
        folder
          ? `resuming ${folder.name} at step ${step} (${from})`
          : `a new run goes on from ${from}, at step ${step}`,
      );
      going.said.forEach(say);
      const data = await loadRunData(config, dataMemory, display).catch((error: unknown) => {
        throw flags.data === undefined && !isBuiltIn(config.data) ? withMove(error) : error;
      });
      if (before) checkSameData(before, dataFingerprints(data));
      checkBatch(config, data.train);
      sayBuilt(config, data.train, say);
      const carried = await compileGoingOn({ going, checkpoint, fingerprints: before, data, files, kept });
      carried.said.forEach(say);
      return { data, carried, kept };
    });
    const { data, carried } = made;
    const { compiled } = carried;
    const samples = samplesOf(config.images, data.train.count);
    const steps = stepsOf(compiled, config, samples, checkpoint ?? undefined);
    checkWarmUps(config, steps);
    checkLength(checkpoint, steps, config);
    if (checkpoint?.step === steps && going.recorded.run.history.length === going.recorded.applied)
      say(
        `this run has made all its ${steps} steps: to go on, give the steps of the whole run, as in ${resumeCommand(folder?.path ?? from, ["--steps", String(2 * steps)])}`,
      );
    if (!before)
      warn(
        "CHECKPOINT",
        `${checkpoint ? from : name} has no fingerprints of its data and programs: whether they are still the same could not be compared`,
      );
    if (folder && !going.isChanged) await warnOfDivergence(folder, warn);
    const { recorded, isChanged } = going;
    const kept = await copyOfRun(config, made.kept, warn);
    const setup = {
      config,
      recorded,
      isChanged,
      checkpoint: carried.checkpoint,
      compiled,
      copy: kept,
      ...data,
    };
    if (folder) return { ...setup, folder, isNew: false };
    const place = { file: file!, step: checkpoint!.step };
    return {
      ...setup,
      folder: await continuedFolder(place, { out, name: flags.name ?? nameOf(config) }),
      isNew: true,
    };
  } catch (error) {
    await folder?.release();
    throw error;
  }
}

/** The same bits diverge again: whoever resumes such a run should know before it happens once more. */
async function warnOfDivergence({ statusFile }: RunFolder, warn: Speaker["warn"]): Promise<void> {
  const status = await readRegularFile(statusFile).then(decodeStatusRecord, () => null); // only a hint: without it the run goes on
  if (status?.state !== "diverged") return;
  const { step, reason } = status;
  warn(
    "DIVERGED",
    `this run diverged after step ${step}${reason === undefined ? "" : ` (${reason})`}; a resumed run computes the same bits and diverges there again, unless a node computed wrongly: go on with another setting, as in --change learning-rate=X, or start a new run without --resume`,
  );
}

/** Data that could not be loaded may only have moved. */
function withMove(cause: unknown): unknown {
  if (!(cause instanceof GanglionError) || cause.code !== "DATA") return cause;
  const remedy = "where the run's data lie elsewhere now, name their place with --data PATH";
  return new GanglionError("DATA", `${cause.message}; ${remedy}`, { cause });
}

/** @throws GanglionError USAGE or CHECKPOINT where the whole run would be shorter than what is done of it */
function checkLength(checkpoint: Checkpoint | null, steps: number, { length }: RunConfig): void {
  const step = checkpoint?.step ?? 0;
  if (steps >= step) return;
  if (isDeepStrictEqual(length, configOf(checkpoint!.config).length)) {
    const message = `the checkpoint is of step ${step}, and its run has ${steps} steps: use another checkpoint`;
    throw new GanglionError("CHECKPOINT", message);
  }
  const given =
    length.kind === "steps" ? `--steps ${steps}` : `--epochs ${length.epochs}, or ${steps} steps,`;
  throw new GanglionError(
    "USAGE",
    `${given} is less than the ${step} steps the run has made: give the steps of the whole run`,
  );
}

function sayBuilt(config: RunConfig, { imageShape }: LoadedDataset, say: Speaker["say"]): void {
  const line = builtLine(config, imageShape);
  if (line !== null) say(line);
  const objective = objectiveLine(config);
  if (objective !== null) say(`objective: ${objective}`);
}

/** `my-gan-mnist` */
function nameOf(config: RunConfig): string {
  return `${networksName(config)}-${dataName(config.data)}`;
}

/** `my-gan` for a module my-gan.ts, else the preset's name. */
export function networksName({ model, preset }: RunConfig): string {
  return model.kind === "module" ? parse(model.file).name : preset;
}

function dataName(source: string): string {
  return source.split(/[\\/]/).findLast((part) => part !== "" && part !== "." && part !== "..") ?? "data";
}
