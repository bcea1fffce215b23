// A checkpoint's networks, ready to be compiled again: from its own copy of them, wherever the originals went.
import { join, resolve } from "node:path";
import type { Checkpoint } from "../../../coordinator/records/checkpoint/checkpoint-content.ts";
import { configOf } from "../../../coordinator/records/checkpoint/checkpoint-config.ts";
import type { ModelCopy } from "../../../coordinator/compiler/models/users/copy/model-copy.ts";
import {
  type ModelFiles,
  readModel,
  withFiles,
  withModelFiles,
} from "../../../coordinator/records/model-files.ts";
import type { RunPaths } from "../../../coordinator/records/run-paths.ts";
import type { RunConfig } from "../../../shared/config/config.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { isRegularFile } from "../../../shared/regular-file.ts";
import { checkOwnModule, noteModule } from "./own-modules.ts";
import { changedOriginals } from "./changed-original.ts";
import { checkOwnCopy, noteCopyNamed } from "./own-copies.ts";

export interface CheckpointModelOptions {
  /** Of the checkpoint, in sentences. */
  readonly name: string;
  /** The run that the checkpoint is of, where its folder is known: then a copy may lie there. */
  readonly run?: RunPaths | null;
  /** The module that the user names with --model, instead of the checkpoint's. */
  readonly model?: string;
  /** Whether it has run in this process already: then it was asked for before, and nothing is said again. */
  readonly hasRun?: boolean;
  readonly warn: (code: string, message: string) => void;
}

/**
 * Runs `use` with the checkpoint's config, whose module and saved networks name files that can be loaded until `use`
 * is over: compile inside of it. Whether the programs are those that were trained is the caller's to compare.
 *
 * @throws GanglionError MODEL for a module that none of this user's command lines has named, USAGE where --model names
 *   one for a run without
 */
export async function withCheckpointModel<T>(
  checkpoint: Pick<Checkpoint, "config" | "fingerprints" | "model">,
  options: CheckpointModelOptions,
  use: (config: RunConfig) => Promise<T>,
): Promise<T> {
  const config = configOf(checkpoint.config);
  const copy = checkpoint.model ?? (options.run ? await readModel(options.run) : null);
  const recorded = checkpoint.fingerprints?.module ?? null;
  return withModelOf({ config, copy, recorded }, options, (files) => use(withFiles(config, files)));
}

/** What a run is built from, as its checkpoint or its folder has it. */
export interface ModelSource {
  readonly config: RunConfig;
  readonly copy: ModelCopy | null;
  /** The hash of the module that was recorded; null where there is none. */
  readonly recorded: string | null;
}

/** The same for a run that may have no checkpoint yet; `use` gets what of the copy is used, and stays the run's. */
export async function withModelOf<T>(
  { config, copy, recorded }: ModelSource,
  { name, run, model: named, hasRun = false, warn }: CheckpointModelOptions,
  use: (files: ModelFiles, kept: ModelCopy) => Promise<T>,
): Promise<T> {
  const own = copy ?? { module: null, networks: {} };
  const warned = async (used: ModelCopy): Promise<void> => {
    for (const sentence of await changedOriginals(used, config)) warn("MODEL", sentence);
  };
  if (named !== undefined) {
    checkTakesModule(named, config, name);
    if (!own.module || !(await noteCopyNamed(named, own.module, warn))) {
      await noteModule(named, warn);
      const networks = { ...own, module: null };
      await warned(networks);
      const model = { kind: "module", file: resolve(named) } as const;
      return withModelFiles(networks, (files) => use({ ...files, model }, networks));
    }
  }
  if (hasRun) return withModelFiles(own, (files) => use(files, own));
  if (own.module) await checkOwnCopy(own.module, { source: name, file: await fileIn(run, own.module.name) });
  else await checkOwnModule(config, { source: name, recorded });
  await warned(own);
  return withModelFiles(own, (files) => use(files, own));
}

function checkTakesModule(named: string, { model }: Pick<RunConfig, "model">, name: string): void {
  if (model.kind === "module") return;
  throw new GanglionError(
    "USAGE",
    `--model ${named} is for a run with a module, and the one of ${name} has the networks of preset ${model.name}: leave it out`,
  );
}

async function fileIn(run: RunPaths | null | undefined, name: string): Promise<string | null> {
  const file = run ? join(run.model, name) : null;
  return file !== null && (await isRegularFile(file)) ? file : null;
}
