// The config that flags make together with a preset and a config file.
import { type RunConfig, type RunConfigInput, USUAL_DATA, parseConfig } from "../../shared/config/config.ts";
import type { DatasetSummary } from "../../shared/data/dataset.ts";
import { samplesOf } from "../../shared/data/image-options.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { isObject } from "../../shared/is-object.ts";
import { withOwnLatentSize } from "../../coordinator/compiler/models/latent-size.ts";
import { loadModelModule } from "../../coordinator/compiler/models/users/model-module.ts";
import { type Fields, merged } from "../../shared/config/history/change.ts";
import { findPreset } from "../../shared/config/presets.ts";
import { readJsonFile } from "../../shared/json/parse-json.ts";
import { checkOwnModule } from "../run/model/own-modules.ts";
import { checkAugmentFlags } from "./tables/augment-flags.ts";
import { fieldsOf } from "./config-fields.ts";
import type { ConfigFlags } from "./config-flags.ts";
import { optimizersFromFlags } from "./optimizers-from-flags.ts";
import { checkPresetChoices, withFilters } from "./preset-choices.ts";
import { wholePath } from "./whole-path.ts";

const DEFAULT_PRESET = "digits";
/** For data of one's own. */
const DEFAULT_DATA_PRESET = "dcgan";
/** For a module that has a classifier and no GAN. */
const DEFAULT_CLASSIFIER_PRESET = "seed-cnn";

/** What of a data set a config depends on. */
export type DatasetFacts = Pick<DatasetSummary, "imageShape" | "count">;

/** What flags say before the data are read, which may take minutes: mistakes are found by now. */
export interface ConfigDraft {
  /** Complete; but what the preset takes from the data is not final. Which data those are, is. */
  readonly config: RunConfig;
  /**
   * The config of the run on these data.
   *
   * @throws GanglionError CONFIG where what was given does not fit what the data decide
   */
  readonly forData: (data: DatasetFacts) => RunConfig;
}

/** A config that leaves nothing to the data. */
export function fixedDraft(config: RunConfig): ConfigDraft {
  return { config, forData: () => config };
}

/**
 * Preset, then config file, then flags; each overrides the one before. A module that only the file names must be one
 * that the user has named himself before.
 *
 * @throws GanglionError CONFIG, MODEL, USAGE
 */
export async function configFromFlags(flags: ConfigFlags): Promise<ConfigDraft> {
  const file: Partial<RunConfigInput> = flags.config === undefined ? {} : await readConfigFile(flags.config);
  const name: unknown = flags.preset ?? file.preset ?? (await presetFor(flags, file)); // the file's is not checked yet
  const preset = findPreset(String(name));
  const { forData } = preset;
  const first = mergeConfig(preset.config, file, flags, forData !== undefined);
  if (flags.config !== undefined && flags.model === undefined)
    await checkOwnModule(first, { source: `the config file ${flags.config}`, recorded: null });
  const config = await withOwnLatentSize(first, flags.latentSize ?? file.latentSize);
  if (!forData) return fixedDraft(config);
  const { latentSize, images } = config;
  return {
    config,
    forData({ imageShape, count }) {
      const own = forData({ imageShape, count: samplesOf(images, count) });
      const whole = mergeConfig({ ...preset.config, ...own }, file, flags, true);
      return { ...whole, latentSize }; // no preset takes it from the data, and the networks may have one of their own
    },
  };
}

/**
 * What a config file's fields and flags make of `base`. With `batchFollows`, its batch may become another that a given
 * shard divides.
 *
 * @throws GanglionError CONFIG, USAGE
 */
export function mergeConfig(
  base: RunConfigInput,
  file: Partial<RunConfigInput>,
  flags: ConfigFlags,
  batchFollows = false,
): RunConfig {
  checkAugmentFlags(flags);
  const fields: Partial<RunConfigInput> = fieldsOf(flags);
  const { networks, model, images, values, schedule, regularizers, conditioning, augment } = fields;
  const config = parseConfig({
    ...base,
    ...file,
    ...fields,
    ...optimizersFromFlags(flags, base, file),
    ...(images && { images: { ...(isObject(file.images) && file.images), ...images } }),
    ...(values && { values: { ...base.values, ...(isObject(file.values) && file.values), ...values } }),
    ...nested("regularizers", [base, file, { regularizers }]),
    ...nested("conditioning", [base, file, { conditioning }]),
    ...nested("augment", [base, file, { augment }]),
    ...(networks && { networks: { ...(isObject(file.networks) && file.networks), ...networks } }),
    ...(model && { model: modelOf(model, file.model ?? base.model) }),
    ...(schedule && { schedule: scheduleOf(flags, schedule, file.schedule ?? base.schedule) }),
    ...batchAndShard({ ...file, ...fields }, base, batchFollows),
  });
  checkPresetChoices(config, flags);
  return withFilters({ ...config, data: wholePath(config.data) });
}

/** A field whose parts come from preset, file and flags: each goes before the one before, part by part. */
function nested(
  name: "regularizers" | "conditioning" | "augment",
  sources: readonly Partial<RunConfigInput>[],
): Partial<RunConfigInput> {
  const given = sources.map((source) => source[name] as unknown).filter((one) => one !== undefined);
  if (given.length === 0) return {};
  if (!given.every(isObject)) return { [name]: given.find((one) => !isObject(one)) }; // refused by the schema
  return given.map((part): Fields => ({ [name]: part })).reduce(merged);
}

/** Flags name a module, or filters for the networks that are named elsewhere. */
function modelOf(
  given: RunConfigInput["model"] | { readonly filters: number },
  usual: unknown,
): RunConfigInput["model"] {
  if ("kind" in given && given.kind === "module") return { kind: "module", file: given.file };
  if (isObject(usual) && "kind" in usual && usual.kind === "module") return usual as RunConfigInput["model"]; // refused below
  return { ...(isObject(usual) && usual), ...given } as RunConfigInput["model"];
}

/**
 * A flag for the rounds makes it alternate; one for the kind alone keeps the rounds that are there.
 *
 * @throws GanglionError USAGE for rounds of a schedule that has none
 */
function scheduleOf(
  { schedule, discriminatorRounds }: ConfigFlags,
  given: RunConfigInput["schedule"],
  usual: unknown,
): RunConfigInput["schedule"] {
  if (schedule === "simultaneous" && discriminatorRounds !== undefined) {
    throw new GanglionError(
      "USAGE",
      `--discriminator-rounds ${discriminatorRounds} is for --schedule alternating, and the schedule is simultaneous: leave one of the two out`,
    );
  }
  const isSame = isObject(usual) && "kind" in usual && usual.kind === given?.kind;
  return { ...(isSame && usual), ...given } as RunConfigInput["schedule"];
}

/** The settings to start from where none are named. */
async function presetFor({ model, data }: ConfigFlags, file: Partial<RunConfigInput>): Promise<string> {
  if (model !== undefined) {
    const { exported } = await loadModelModule(model);
    const isClassifier = exported.includes("classifier") && !exported.includes("generator");
    return isClassifier ? DEFAULT_CLASSIFIER_PRESET : DEFAULT_PRESET;
  }
  if (isObject(file.model) && "file" in file.model) return DEFAULT_PRESET;
  return (data ?? file.data ?? USUAL_DATA) === USUAL_DATA ? DEFAULT_PRESET : DEFAULT_DATA_PRESET;
}

type Sizes = Pick<RunConfigInput, "batch" | "shard">;

/**
 * A batch given without a shard keeps the usual shard where that divides it, and else is one shard; a shard given without
 * a batch, the usual batch, or where it may follow, the nearest that the shard divides.
 */
function batchAndShard({ batch, shard }: Sizes, usual: Sizes, batchFollows: boolean): Sizes {
  if (batch !== undefined && shard === undefined) {
    const { shard: own = batch } = usual;
    return { batch, shard: batch % own === 0 ? own : batch };
  }
  if (batch === undefined && shard !== undefined && batchFollows) {
    const { batch: own = shard } = usual;
    return { batch: shard * Math.max(1, Math.round(own / shard)), shard };
  }
  return {};
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
