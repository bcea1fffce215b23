// Where a run goes on: in its folder from its newest checkpoint or from one that is named, or from a file alone.
import { loadCheckpoint, loadNewestCheckpoint } from "../../../coordinator/records/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../../coordinator/records/checkpoint/checkpoint-content.ts";
import { listCheckpoints } from "../../../coordinator/records/checkpoint/list-checkpoints.ts";
import { type RunFolder, openRunFolder } from "../../../coordinator/records/run-folder.ts";
import { type RunConfig, parseConfig } from "../../../shared/config/config.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { readJsonFile } from "../../../shared/json/parse-json.ts";
import { commandLine, resumeCommand } from "../../terminal/command-line.ts";
import { displayPath } from "../../terminal/format.ts";
import { withLaterChanges } from "../segments/going-on.ts";
import { loadStart } from "../fork/start.ts";
import { type FindOptions, findRunOrFile } from "../find-checkpoint.ts";

export interface ResumedPlace {
  /** Locked until the caller releases it; null for a checkpoint's file outside of a run, which goes on in a new folder. */
  readonly folder: RunFolder | null;
  /** Null where the run was killed before its first. */
  readonly checkpoint: Checkpoint | null;
  readonly run: RunConfig;
  /** In words, for a message. */
  readonly from: string;
  /** Of the checkpoint; null where there is none. */
  readonly file: string | null;
}

/**
 * Changes nothing but the lock.
 *
 * @throws GanglionError USAGE, CONFIG or CHECKPOINT where there is nothing to go on from; USAGE for an older checkpoint of
 *   a run that has newer ones
 */
export async function openResumed(
  named: string,
  options: FindOptions,
  warn: (code: string, message: string) => void,
): Promise<ResumedPlace> {
  const found = await findRunOrFile(named, options);
  if (found.kind === "file" && found.run === null) {
    const checkpoint = await loadCheckpoint(found.file, named);
    return { folder: null, checkpoint, run: checkpoint.config.run, from: named, file: found.file };
  }
  const folder = await openRunFolder(found.run!.path);
  try {
    if (found.kind === "file") return await fromNamedFile(folder, found.file);
    const begun = (await listCheckpoints(folder.checkpoints)).length > 0;
    return begun ? await fromNewest(folder, warn) : await fromBeginning(folder);
  } catch (error) {
    await folder.release();
    throw error;
  }
}

async function fromNewest(
  folder: RunFolder,
  warn: (code: string, message: string) => void,
): Promise<ResumedPlace> {
  const { checkpoint, warnings, file } = await loadNewestCheckpoint(folder);
  for (const warning of warnings) warn("CHECKPOINT", warning);
  return { folder, checkpoint, run: await runIn(folder, checkpoint), from: file, file };
}

/** What comes after it in the folder would be lost: that is refused, and the remedies named. */
async function fromNamedFile(folder: RunFolder, file: string): Promise<ResumedPlace> {
  const checkpoint = await loadCheckpoint(file);
  const { step } = checkpoint;
  const [newest] = await listCheckpoints(folder.checkpoints);
  if (newest.step > step) {
    const fork = commandLine(["train", "--from", displayPath(file)]);
    throw new GanglionError(
      "USAGE",
      `${displayPath(file)} is of step ${step}, and its run has checkpoints up to step ${newest.step}, which would be lost: to train another run from it, ${fork}; to go on from the newest, ${resumeCommand(folder.path)}`,
    );
  }
  return { folder, checkpoint, run: await runIn(folder, checkpoint), from: file, file };
}

function runIn({ configFile }: RunFolder, { config }: Checkpoint): Promise<RunConfig> {
  return withLaterChanges(config.run, configFile);
}

/** A run that was killed before its first checkpoint makes the same steps again: the config decides their bits. */
async function fromBeginning(folder: RunFolder): Promise<ResumedPlace> {
  const { configFile, fromFile } = folder;
  const from = "it has no checkpoint yet, so it begins again";
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
  return { folder, checkpoint, run, from, file: null };
}
