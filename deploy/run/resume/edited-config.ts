// A config.json that was edited by hand: a resumed run goes on with its checkpoint's config, and says so.
import { isDeepStrictEqual } from "node:util";
import type { RunPaths } from "../../../coordinator/records/run-paths.ts";
import { type RunConfig, parseConfig } from "../../../shared/config/config.ts";
import { messageOf } from "../../../shared/errors.ts";
import { readJsonFile } from "../../../shared/json/parse-json.ts";
import { firstDifference, worded } from "../../flags/resume-flags.ts";

/**
 * Compares config.json with `run`, the config of the checkpoint. What flags may change with --resume is left out: a run
 * that is stopped before its next checkpoint has noted it in config.json alone.
 */
export async function warnOfEditedConfig(
  { configFile }: Pick<RunPaths, "configFile">,
  run: RunConfig,
  warn: (why: string) => void,
): Promise<void> {
  const remedy = "the checkpoint's counts; start a new run with --config for other settings";
  let ours: RunConfig;
  try {
    ours = parseConfig(await readJsonFile(configFile));
  } catch (error) {
    warn(`${configFile} cannot be read as a config (${messageOf(error)}): ${remedy}`);
    return;
  }
  const [kept, edited] = [fixedPart(run), fixedPart(ours)];
  if (isDeepStrictEqual(kept, edited)) return;
  const { path, before, after } = firstDifference("", kept, edited);
  warn(`${configFile} says ${path} ${worded(after)}, the checkpoint ${worded(before)}: ${remedy}`);
}

/** Without the length, the cadences, what is kept, and the places of data and module. */
function fixedPart(config: RunConfig): object {
  const { length: _length, data: _data, keep: _keep, model, ...others } = config;
  const { sampleEvery: _samples, checkpointEvery: _steps, checkpointMinutes: _minutes, ...fixed } = others;
  return { ...fixed, model: model.kind === "module" ? { kind: model.kind } : model };
}
