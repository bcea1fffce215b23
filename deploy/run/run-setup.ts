// From flags to a run that can start: config, data, folder, checkpoint.
import { parse } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import { listCheckpoints } from "../../coordinator/records/checkpoint/list-checkpoints.ts";
import type { Checkpoint } from "../../coordinator/records/checkpoint/checkpoint-content.ts";
import { configOf } from "../../coordinator/records/checkpoint/checkpoint-config.ts";
import { dataFingerprints, readFingerprints } from "../../coordinator/records/fingerprints.ts";
import { samplesPerStep } from "../../coordinator/plan.ts";
import type { Recorded } from "../../coordinator/prepare.ts";
import { checkBatch, checkWarmUps } from "../../coordinator/run-checks.ts";
import { type RunFolder, createRunFolder, openRunFolder } from "../../coordinator/records/run-folder.ts";
import { checkSameData } from "../../coordinator/records/same-run.ts";
import { type RunConfig, parseConfig, totalSteps } from "../../shared/config/config.ts";
import { configAfter } from "../../shared/config/history/history.ts";
import { isBuiltIn } from "../../shared/data/formats.ts";
import { samplesOf } from "../../shared/data/image-options.ts";
import type { LoadedDataset } from "../../shared/data/load.ts";
import { usualDataMemory } from "../../shared/data/memory-bound.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import type { CompiledRun } from "../../coordinator/compiler/compile-run.ts";
import { readJsonFile } from "../../shared/json/parse-json.ts";
import { readRegularFile } from "../../shared/regular-file.ts";
import { decodeStatusRecord } from "../../shared/status-record.ts";
import type { Display } from "../terminal/display.ts";
import type { ConfigDraft } from "../flags/config-from-flags.ts";
import { loadRunData } from "./load-data.ts";
import { noteSkipped } from "./skipped-pictures.ts";
import { noteModule, checkOwnModule } from "./own-modules.ts";
import { builtLine } from "./built-line.ts";
import { warnOfEditedConfig } from "./edited-config.ts";
import type { LabelFlags } from "./journal/labels.ts";
import { checkFixedFlags, movedFieldsOf } from "../flags/resume-flags.ts";
import { quoted } from "../launch/shell-word.ts";
import { displayPath } from "../terminal/format.ts";
import { type ForkFlags, type Origin, originOf } from "./fork/origin.ts";
import { keepStart, loadStart, startFrom } from "./fork/start.ts";
import { compileGoingOn, goOn, withLaterChanges } from "./segments/going-on.ts";

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
  const start = weights && (await startFrom(weights, drafted, data));
  const run = start?.run ?? drafted;
  const config = configAfter(run, 0);
  sayBuilt(config, data.train, display.say);
  start?.said.forEach(display.say);
  const usualName = `${networksName(config)}-${dataName(config.data)}`;
  const folder = await createRunFolder({ out, name: name ?? usualName });
  await noteSkipped(folder, data, display.warn);
  if (start) await keepStart(folder, start.checkpoint);
  const { checkpoint = null, compiled } = start ?? {};
  return {
    config,
    recorded: { run, applied: 0 },
    folder,
    checkpoint,
    ...(compiled && { compiled }),
    ...data,
  };
}

/** Whatever is refused here leaves the run as it was. */
async function resumeRun(flags: RunFlags, path: string, display: Speaker): Promise<RunSetup> {
  const { say, warn } = display;
  const { dataMemory = usualDataMemory() } = flags;
  const folder = await openRunFolder(path);
  try {
    const begun = (await listCheckpoints(folder.checkpoints)).length > 0;
    const place = begun ? await newest(folder, warn) : await beginning(folder);
    const { checkpoint, run, from } = place;
    const going = goOn(place, flags, movedFieldsOf(flags));
    const { config } = going;
    await checkFixedFlags(flags, going.before);
    if (checkpoint) await warnOfEditedConfig(folder, run, (why) => warn("CONFIG", why));
    const before =
      checkpoint?.fingerprints ??
      (await readFingerprints(folder.fingerprintsFile, (why) => warn("RUN_FOLDER", why)));
    const named = going.newModule ?? flags.model;
    if (named === undefined)
      await checkOwnModule(config, { source: `the run ${folder.path}`, recorded: before?.module ?? null });
    const { length } = config;
    checkLength(checkpoint, length.kind === "steps" ? length.steps : Infinity, config);
    say(`resuming ${folder.name} at step ${checkpoint?.step ?? 0} (${from})`);
    going.said.forEach(say);
    const data = await loadRunData(config, dataMemory, display).catch((error: unknown) => {
      throw flags.data === undefined && !isBuiltIn(config.data) ? withMove(error) : error;
    });
    if (before) checkSameData(before, dataFingerprints(data));
    checkBatch(config, data.train);
    sayBuilt(config, data.train, say);
    const carried = await compileGoingOn({ going, checkpoint, fingerprints: before, data });
    carried.said.forEach(say);
    const { compiled } = carried;
    const samples = samplesOf(config.images, data.train.count);
    const perStep = samplesPerStep(compiled, config);
    const steps = totalSteps(config, samples, perStep, checkpoint ?? undefined);
    checkWarmUps(config, steps);
    checkLength(checkpoint, steps, config);
    if (checkpoint?.step === steps && going.recorded.run.history.length === going.recorded.applied)
      say(
        `this run has made all its ${steps} steps: to go on, give the steps of the whole run, such as ganglion train --resume ${quoted(displayPath(folder.path))} --steps ${2 * steps}`,
      );
    if (!before)
      warn(
        "CHECKPOINT",
        `${checkpoint ? from : folder.path} has no fingerprints of its data and programs: whether they are still the same could not be compared`,
      );
    await warnOfDivergence(folder, warn);
    if (named !== undefined) await noteModule(named, warn);
    const { recorded, isChanged } = going;
    return { config, recorded, isChanged, folder, checkpoint: carried.checkpoint, compiled, ...data };
  } catch (error) {
    await folder.release();
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
    `this run diverged after step ${step}${reason === undefined ? "" : ` (${reason})`}; a resumed run computes the same bits and diverges there again, unless a node computed wrongly: start a new run without --resume`,
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

/** Where a run goes on, and with what. */
interface Place {
  readonly checkpoint: Checkpoint | null;
  readonly run: RunConfig;
  /** In words, for a message. */
  readonly from: string;
}

async function newest(folder: RunFolder, warn: Speaker["warn"]): Promise<Place> {
  const { checkpoint, warnings, file } = await loadNewestCheckpoint(folder);
  for (const warning of warnings) warn("CHECKPOINT", warning);
  const run = await withLaterChanges(checkpoint.config.run, folder.configFile);
  return { checkpoint, run, from: file };
}

/** A run that was killed before its first checkpoint makes the same steps again: the config decides their bits. */
async function beginning({ configFile, fromFile }: RunFolder): Promise<Place> {
  let run: RunConfig;
  try {
    run = parseConfig(await readJsonFile(configFile));
  } catch (cause) {
    throw new GanglionError(
      "CONFIG",
      `the run has no checkpoint, and its ${configFile} cannot be used: ${messageOf(cause)}; start a new run`,
      { cause },
    );
  }
  const checkpoint = run.from ? await loadStart(fromFile, run) : null;
  return { checkpoint, run, from: "it has no checkpoint yet, so it begins again" };
}

function sayBuilt(config: RunConfig, { imageShape }: LoadedDataset, say: Speaker["say"]): void {
  const line = builtLine(config, imageShape);
  if (line !== null) say(line);
}

/** `my-gan` for a module my-gan.ts, else the preset's name. */
export function networksName({ model, preset }: RunConfig): string {
  return model.kind === "module" ? parse(model.file).name : preset;
}

function dataName(source: string): string {
  return source.split(/[\\/]/).findLast((part) => part !== "" && part !== "." && part !== "..") ?? "data";
}
