// The config that flags make together with a preset and a config file.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type RunConfig, type RunConfigInput, parseConfig } from "../../shared/config/config.ts";
import { isBuiltIn } from "../../shared/data/formats.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { isObject } from "../../shared/is-object.ts";
import { withOwnLatentSize } from "../../coordinator/compiler/models/latent-size.ts";
import { loadModelModule } from "../../coordinator/compiler/models/users/model-module.ts";
import { findPreset } from "../../shared/config/presets.ts";
import { readRegularFile } from "../../shared/regular-file.ts";
import { checkOwnModule } from "../run/own-modules.ts";
import { type OptimizerFlags, optimizersFromFlags } from "./optimizer-flags.ts";

/** The flags that decide the resulting weights. */
export interface ConfigFlags extends OptimizerFlags {
  readonly preset?: string;
  readonly config?: string;
  readonly model?: string;
  readonly generator?: string;
  readonly discriminator?: string;
  readonly data?: string;
  readonly batch?: number;
  readonly shard?: number;
  readonly steps?: number;
  /** Instead of steps. */
  readonly epochs?: number;
  readonly seed?: number;
}

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
  const config = parseConfig({
    ...base,
    ...optimizersFromFlags(flags, preset.config, file),
    ...(flags.preset !== undefined && { preset: flags.preset }),
    ...(flags.model !== undefined && { model: { kind: "module", file: resolve(flags.model) } }),
    ...networksOf(flags, file),
    ...(flags.data !== undefined && { data: flags.data }),
    ...batchOf(flags, base),
    ...lengthOf(flags),
    ...(flags.seed !== undefined && { seed: flags.seed }),
  });
  if (flags.config !== undefined && flags.model === undefined)
    await checkOwnModule(config, { source: `the config file ${flags.config}`, recorded: null });
  return withOwnLatentSize({ ...config, data: await wholePath(config.data) }, file.latentSize);
}

/** The whole path of what is there, since a run may be resumed from elsewhere; other names are left for `loadDataset` to judge. */
export async function wholePath(data: string): Promise<string> {
  if (isBuiltIn(data)) return data;
  return (await stat(data).catch(() => null)) ? resolve(data) : data;
}

/** The settings that a module starts from. */
async function presetFor(model: string | undefined): Promise<string> {
  if (model === undefined) return DEFAULT_PRESET;
  const { exported } = await loadModelModule(model);
  const isClassifier = exported.includes("classifier") && !exported.includes("generator");
  return isClassifier ? DEFAULT_CLASSIFIER_PRESET : DEFAULT_PRESET;
}

function networksOf(flags: ConfigFlags, file: Partial<RunConfigInput>): Pick<RunConfigInput, "networks"> {
  const { generator, discriminator } = flags;
  if (generator === undefined && discriminator === undefined) return {};
  return {
    networks: {
      ...(isObject(file.networks) && file.networks),
      ...(generator !== undefined && { generator: resolve(generator) }),
      ...(discriminator !== undefined && { discriminator: resolve(discriminator) }),
    },
  };
}

/** The field `length`, where a flag gives it. */
export function lengthOf({ steps, epochs }: Pick<ConfigFlags, "steps" | "epochs">): {
  length?: RunConfigInput["length"];
} {
  if (steps !== undefined) return { length: { kind: "steps", steps } };
  return epochs === undefined ? {} : { length: { kind: "epochs", epochs } };
}

/** A batch given without a shard keeps the preset's shard where it divides the batch, and else is one shard. */
function batchOf(flags: ConfigFlags, base: RunConfigInput): Pick<RunConfigInput, "batch" | "shard"> {
  const { batch, shard } = flags;
  if (batch === undefined) return shard === undefined ? {} : { shard };
  const usual = base.shard ?? batch;
  return { batch, shard: shard ?? (batch % usual === 0 ? usual : batch) };
}

/** Its fields are checked later, together with the preset's and the flags'. */
export async function readConfigFile(file: string): Promise<Partial<RunConfigInput>> {
  let content: unknown;
  try {
    content = JSON.parse(await readRegularFile(file));
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
