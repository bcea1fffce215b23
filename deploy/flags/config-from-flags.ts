// The config that flags make together with a preset and a config file.
import { type RunConfig, type RunConfigInput, parseConfig } from "../../shared/config/config.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { isObject } from "../../shared/is-object.ts";
import { withOwnLatentSize } from "../../coordinator/compiler/models/latent-size.ts";
import { loadModelModule } from "../../coordinator/compiler/models/users/model-module.ts";
import { findPreset } from "../../shared/config/presets.ts";
import { readJsonFile } from "../../shared/json/parse-json.ts";
import { checkOwnModule } from "../run/own-modules.ts";
import { fieldsOf } from "./config-fields.ts";
import type { ConfigFlags } from "./config-flags.ts";
import { optimizersFromFlags } from "./optimizers-from-flags.ts";
import { wholePath } from "./whole-path.ts";

const DEFAULT_PRESET = "digits";
/** For a module that has a classifier and no GAN. */
const DEFAULT_CLASSIFIER_PRESET = "seed-cnn";

/**
 * Preset, then config file, then flags; each overrides the one before. A module that only the file names must be one
 * that the user has named himself before.
 *
 * @throws GanglionError CONFIG, MODEL
 */
export async function configFromFlags(flags: ConfigFlags): Promise<RunConfig> {
  const file: Partial<RunConfigInput> = flags.config === undefined ? {} : await readConfigFile(flags.config);
  const name: unknown = flags.preset ?? file.preset ?? (await presetFor(flags.model)); // the file's is not checked yet
  const preset = findPreset(String(name));
  const base = { ...preset.config, ...file };
  const fields: Partial<RunConfigInput> = fieldsOf(flags);
  const { networks, images } = fields;
  const config = parseConfig({
    ...base,
    ...fields,
    ...optimizersFromFlags(flags, preset.config, file),
    ...(images && { images: { ...(isObject(file.images) && file.images), ...images } }),
    ...(networks && { networks: { ...(isObject(file.networks) && file.networks), ...networks } }),
    ...shardOf(fields, base),
  });
  if (flags.config !== undefined && flags.model === undefined)
    await checkOwnModule(config, { source: `the config file ${flags.config}`, recorded: null });
  return withOwnLatentSize({ ...config, data: wholePath(config.data) }, file.latentSize);
}

/** The settings that a module starts from. */
async function presetFor(model: string | undefined): Promise<string> {
  if (model === undefined) return DEFAULT_PRESET;
  const { exported } = await loadModelModule(model);
  const isClassifier = exported.includes("classifier") && !exported.includes("generator");
  return isClassifier ? DEFAULT_CLASSIFIER_PRESET : DEFAULT_PRESET;
}

/** A batch given without a shard keeps the preset's shard where it divides the batch, and else is one shard. */
function shardOf({ batch, shard }: Partial<RunConfigInput>, base: RunConfigInput): { shard?: number } {
  if (batch === undefined || shard !== undefined) return {};
  const usual = base.shard ?? batch;
  return { shard: batch % usual === 0 ? usual : batch };
}

/** Its fields are checked later, together with the preset's and the flags'. */
export async function readConfigFile(file: string): Promise<Partial<RunConfigInput>> {
  let content: unknown;
  try {
    content = await readJsonFile(file);
  } catch (cause) {
    throw new GanglionError(
      "CONFIG",
      `the config file ${file} cannot be read: ${messageOf(cause)}; give a file with a JSON object of config fields`,
      { cause },
    );
  }
  if (isObject(content)) return content;
  const found = JSON.stringify(content).slice(0, 40);
  throw new GanglionError(
    "CONFIG",
    `the config file ${file} holds ${found}: write a JSON object of config fields there, such as {"batch": 64}`,
  );
}
