// How a run goes on: with what it has been, or with a config that changes here, which is recorded in its history.
import { isDeepStrictEqual } from "node:util";
import { type CompiledRun, compileRun } from "../../../coordinator/compiler/compile-run.ts";
import type { Recorded } from "../../../coordinator/prepare.ts";
import { carriedState } from "../../../coordinator/records/checkpoint/carried-state.ts";
import type { Checkpoint } from "../../../coordinator/records/checkpoint/checkpoint-content.ts";
import { type Fingerprints, fingerprintsOf } from "../../../coordinator/records/fingerprints.ts";
import { checkLayout, checkResumed } from "../../../coordinator/run-checks.ts";
import type { ModelCopy } from "../../../coordinator/compiler/models/users/copy/model-copy.ts";
import { type ModelFiles, withFiles } from "../../../coordinator/records/files/model-files.ts";
import { parseConfig, type RunConfig } from "../../../shared/config/config.ts";
import {
  appliedAt,
  configAfter,
  withChange,
  withPlaces,
  withTrainOnlyOver,
} from "../../../shared/config/history/history.ts";
import { readJsonFile } from "../../../shared/json/parse-json.ts";
import { type ChangeFlags, changeText, changedConfig, idleChanges } from "../../flags/changes.ts";
import type { ConfigFlags } from "../../flags/config-flags.ts";
import type { RunData } from "../load-data.ts";

export interface GoingOn {
  /** As config.json will have it, and how many of its changes are made from now on. */
  readonly recorded: Recorded;
  /** What was in effect until now. */
  readonly before: RunConfig;
  /** What is in effect from now on. */
  readonly config: RunConfig;
  /** Whether they differ in more than the places of data and module. */
  readonly isChanged: boolean;
  /** The module that the run has from now on, where the user has named it for that. */
  readonly newModule: string | null;
  /** What there is to say of it, in sentences. */
  readonly said: readonly string[];
}

export interface Place {
  readonly checkpoint: {
    readonly step: number;
    readonly config: Pick<Checkpoint["config"], "applied">;
  } | null;
  /** As the checkpoint has it, or the run's config.json where there is none. */
  readonly run: RunConfig;
}

/**
 * What flags and the recorded history make of a run that goes on.
 *
 * @throws GanglionError as `changedConfig`
 */
export function goOn(
  { checkpoint, run }: Place,
  flags: ChangeFlags & ConfigFlags,
  places: Partial<RunConfig>,
): GoingOn {
  const step = checkpoint?.step ?? 0;
  const moved = withPlaces(run, places);
  const before = configAfter(moved, checkpoint?.config.applied ?? 0);
  const due = configAfter(moved, appliedAt(moved, step)); // of a replay, or of a session that ended as it began
  const usual = withTrainOnlyOver(due, step);
  const asked = changedConfig(usual, flags);
  const differs = changeText(due, asked);
  const isAsked = changeText(usual, asked).length > 0;
  const later = moved.history.filter((one) => one.step > step);
  const changed = differs.length > 0 ? withChange(moved, step, asked) : moved;
  const whole =
    isAsked || changed === moved ? changed : { ...changed, history: [...changed.history, ...later] };
  const recorded = { run: whole, applied: appliedAt(whole, step) };
  const config = configAfter(whole, recorded.applied);
  const left = later.length;
  const said = [
    ...sentences(before, config, step),
    ...idleChanges(due, flags.change).map(
      (one) => `--change ${one} changes nothing: the run has that already`,
    ),
    ...(left > 0 && isAsked
      ? [
          `${left} later ${left === 1 ? "change" : "changes"} of the run's history will not be made: it takes another course from step ${step} on`,
        ]
      : []),
  ];
  const { model } = config;
  const newModule =
    differs.length > 0 && model.kind === "module" && !isDeepStrictEqual(model, due.model) ? model.file : null;
  return { recorded, before, config, isChanged: !isDeepStrictEqual(before, config), newModule, said };
}

/** A change in words: `from step 60 on: batch 32 -> 64`. */
export function sentences(before: RunConfig, after: RunConfig, step: number): string[] {
  const differs = changeText(before, after);
  return differs.length > 0 ? [`from step ${step} on: ${differs.join(", ")}`] : [];
}

/**
 * The history that config.json has beyond the checkpoint's, which is that of an older step or of a replay. Any other
 * difference is not taken: the checkpoint counts.
 */
export async function withLaterChanges(run: RunConfig, configFile: string): Promise<RunConfig> {
  let written: RunConfig;
  try {
    written = parseConfig(await readJsonFile(configFile));
  } catch {
    return run; // what is wrong with it is said where it is compared with the checkpoint
  }
  const { history } = written;
  const isBeyond = isDeepStrictEqual(history.slice(0, run.history.length), run.history);
  return isBeyond ? { ...run, history } : run;
}

export interface Compared {
  readonly going: GoingOn;
  readonly checkpoint: Checkpoint | null;
  /** What the run was started with; null where it is not known. */
  readonly fingerprints: Fingerprints | null;
  readonly data: RunData;
  /** Of the run's copy, in the place of what the config names. */
  readonly files: ModelFiles;
  readonly kept: ModelCopy;
}

export interface Compiled {
  readonly compiled: CompiledRun;
  /** With what the change makes of its state. */
  readonly checkpoint: Checkpoint | null;
  readonly said: readonly string[];
}

/**
 * Compiles the run as it goes on, and checks that until here it is what it was: data, programs and layout may differ by
 * the recorded change alone. Changes nothing on disk.
 *
 * @throws GanglionError CHECKPOINT, DATA, MODEL, TRACE
 */
export async function compileGoingOn({
  going,
  checkpoint,
  fingerprints,
  data,
  files,
  kept: copy,
}: Compared): Promise<Compiled> {
  const { before, config, isChanged, recorded } = going;
  const compiled = await compileRun(withFiles(config, files), data.train);
  const now = await fingerprintsOf({ config, ...data, copy }, compiled);
  const isSame = isDeepStrictEqual(fingerprints?.programs, now.programs);
  const wasFile = before.model.kind === "module" ? before.model.file : null;
  const isOtherModule = config.model.kind === "module" && config.model.file !== wasFile;
  if (!isChanged || isSame) {
    checkResumed({ config: before, checkpoint, before: fingerprints, now, compiled });
  } else if (!isOtherModule) {
    const old = await compileRun(withFiles(before, files), data.train);
    const oldPrints = await fingerprintsOf({ config: before, ...data, copy }, old);
    checkResumed({ config: before, checkpoint, before: fingerprints, now: oldPrints, compiled: old });
  }
  if (checkpoint === null || !isChanged) return { compiled, checkpoint, said: [] };
  checkLayout(checkpoint, compiled, config);
  const { said, ...state } = carriedState(checkpoint, before, config);
  const { run, applied } = recorded;
  const about = { ...checkpoint.config, run, applied };
  return { compiled, checkpoint: { ...checkpoint, ...state, config: about, fingerprints: now }, said };
}
