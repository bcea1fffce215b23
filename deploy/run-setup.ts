// From flags to a run that can start: config, data, folder, checkpoint.
import { readFile } from "node:fs/promises";
import { parse } from "node:path";
import { listCheckpoints, loadNewestCheckpoint } from "../coordinator/checkpoint.ts";
import type { Checkpoint } from "../coordinator/checkpoint.ts";
import type { CheckpointConfig } from "../coordinator/main.ts";
import { type RunFolder, createRunFolder, openRunFolder } from "../coordinator/run-folder.ts";
import { type RunConfig, parseConfig } from "../shared/config.ts";
import type { Dataset, Split } from "../shared/data/dataset.ts";
import { loadDataset } from "../shared/data/load.ts";
import { GanglionError, messageOf } from "../shared/errors.ts";
import { decodeRunRecord } from "../shared/run-record.ts";
import type { Display } from "./display.ts";
import { type ConfigFlags, configFromFlags, lengthOf } from "./flags.ts";
import { checkFixedFlags } from "./resume-flags.ts";

export interface RunFlags extends ConfigFlags {
  readonly out: string;
  readonly resume?: string;
}

export interface RunSetup {
  readonly config: RunConfig;
  readonly folder: RunFolder;
  readonly checkpoint: Checkpoint | null;
  readonly train: Dataset;
  readonly test: Dataset | null;
}

type Speaker = Pick<Display, "say" | "warn">;

/**
 * Makes a new run's folder, or opens the one to resume; the caller releases it. `display` hears what takes long.
 *
 * @throws GanglionError CONFIG, DATA, CHECKPOINT, RUN_FOLDER
 */
export async function setUpRun(flags: RunFlags, display: Speaker): Promise<RunSetup> {
  if (flags.resume !== undefined) return resumeRun(flags, flags.resume, display);
  return newRun(await configFromFlags(flags), flags.out, display.say);
}

/** A new run of this config, in a folder under `out`. */
export async function newRun(
  config: RunConfig,
  out: string,
  say: (sentence: string) => void,
): Promise<RunSetup> {
  const data = await loadData(config, say); // before the folder: a typing mistake leaves none behind
  const folder = await createRunFolder({ out, name: `${networksName(config)}-${dataName(config.data)}` });
  return { config, folder, checkpoint: null, ...data };
}

async function resumeRun(flags: RunFlags, path: string, { say, warn }: Speaker): Promise<RunSetup> {
  const folder = await openRunFolder(path);
  try {
    const begun = (await listCheckpoints(folder.checkpoints)).length > 0;
    const { checkpoint, run, from } = begun ? await newest(folder, warn) : await beginning(folder);
    await checkFixedFlags(flags, run);
    const config = parseConfig({ ...run, ...lengthOf(flags) });
    const step = checkpoint?.step ?? 0;
    if (flags.steps !== undefined && flags.steps < step) {
      throw new GanglionError(
        "USAGE",
        `--steps ${flags.steps} is less than the ${step} steps the run has made: give the steps of the whole run`,
      );
    }
    say(`resuming ${folder.name} at step ${step} (${from})`);
    await warnOfDivergence(folder, warn);
    return { config, folder, checkpoint, ...(await loadData(config, say)) };
  } catch (error) {
    await folder.release();
    throw error;
  }
}

/** The same bits diverge again: whoever resumes such a run learns it now, and not only when it has happened once more. */
async function warnOfDivergence({ statusFile }: RunFolder, warn: Speaker["warn"]): Promise<void> {
  const told = await readFile(statusFile, "utf8").then(decodeRunRecord, () => null); // only a hint: without it the run goes on
  if (told?.state !== "diverged") return;
  const { step, reason } = told;
  warn(
    "DIVERGED",
    `this run has diverged after step ${step}${reason === undefined ? "" : ` (${reason})`}; resumed it makes the same bits and diverges there again, unless a node had computed wrongly: begin a new run without --resume`,
  );
}

/** Where a run goes on, and with what. */
interface Place {
  readonly checkpoint: Checkpoint | null;
  readonly run: RunConfig;
  /** As a person is told. */
  readonly from: string;
}

async function newest(folder: RunFolder, warn: Speaker["warn"]): Promise<Place> {
  const { checkpoint, warnings, file } = await loadNewestCheckpoint(folder);
  for (const warning of warnings) warn("CHECKPOINT", warning);
  return { checkpoint, run: (checkpoint.config as CheckpointConfig).run, from: file };
}

/** A run that was killed before its first checkpoint makes the same steps again: the config decides their bits. */
async function beginning({ configFile }: RunFolder): Promise<Place> {
  try {
    const run = parseConfig(JSON.parse(await readFile(configFile, "utf8")));
    return { checkpoint: null, run, from: "it has no checkpoint yet, so it begins again" };
  } catch (cause) {
    throw new GanglionError(
      "CONFIG",
      `the run has no checkpoint, and its ${configFile} cannot be used: ${messageOf(cause)}; start a new run`,
      { cause },
    );
  }
}

async function loadData(
  config: RunConfig,
  say: (sentence: string) => void,
): Promise<{ train: Dataset; test: Dataset | null }> {
  const load = (split: Split): Promise<Dataset> => {
    let told = performance.now();
    return loadDataset(config.data, split, {
      onProgress(done, total) {
        if (performance.now() - told < 2000) return;
        told = performance.now();
        say(`drawing ${config.data}: ${done} of ${total} images`);
      },
    });
  };
  return { train: await load("train"), test: config.task === "classifier" ? await load("test") : null };
}

/** `my-gan` for a module my-gan.ts, else the preset's name. */
export function networksName({ model, preset }: RunConfig): string {
  return model.kind === "module" ? parse(model.file).name : preset;
}

function dataName(source: string): string {
  return source.split(/[\\/]/).findLast((part) => part !== "" && part !== "." && part !== "..") ?? "data";
}
