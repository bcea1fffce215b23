// `--from RUN|CHECKPOINT`: where a new run's weights come from, and with what config it begins.
import { dirname, join, resolve } from "node:path";
import { configOf } from "../../../coordinator/records/checkpoint/checkpoint-config.ts";
import type { Checkpoint } from "../../../coordinator/records/checkpoint/checkpoint-content.ts";
import { FROM_FILE } from "../../../coordinator/records/run-paths.ts";
import type { RunConfig } from "../../../shared/config/config.ts";
import type { FromWeights } from "../../../shared/config/history/from-weights.ts";
import { GanglionError } from "../../../shared/errors.ts";
import type { ConfigFlags } from "../../flags/config-flags.ts";
import {
  type ConfigDraft,
  configFromFlags,
  fixedDraft,
  mergeConfig,
  readConfigFile,
} from "../../flags/config-from-flags.ts";
import { findCheckpoint } from "../find-checkpoint.ts";
import { checkOwnModule } from "../model/own-modules.ts";
import type { CheckpointModelOptions } from "../model/checkpoint-model.ts";

export interface ForkFlags extends ConfigFlags {
  readonly out: string;
  readonly from?: string;
  readonly fromWeights?: FromWeights;
  readonly fromOptimizer?: boolean;
}

/** Where a new run's weights come from, and with what config it begins. */
export interface Origin {
  readonly draft: ConfigDraft;
  /** Null where they are drawn from the seed. */
  readonly weights: WeightsOrigin | null;
}

export type WeightsOrigin =
  /** Another run's checkpoint, of which what matches is taken. */
  | {
      readonly kind: "other run";
      readonly checkpoint: Checkpoint;
      readonly file: string;
      readonly weights: FromWeights;
      readonly optimizer: boolean;
      /** Where its own networks are trained on: how they are named. Null where flags or a file name others. */
      readonly networks: Omit<CheckpointModelOptions, "warn"> | null;
    }
  /** The start of a run that has taken them, and is replayed. */
  | { readonly kind: "replay"; readonly file: string };

/**
 * What flags say of a new run. With `--from` and no preset, what they do not say is as the other run had it at that
 * checkpoint.
 *
 * @throws GanglionError as `configFromFlags` and `findCheckpoint`; USAGE for flags that do not go together
 */
export async function originOf(flags: ForkFlags, warn: (message: string) => void): Promise<Origin> {
  const { from, fromWeights, fromOptimizer } = flags;
  if (from === undefined) {
    if (fromWeights !== undefined || fromOptimizer)
      throw new GanglionError(
        "USAGE",
        `${fromWeights === undefined ? "--from-optimizer" : `--from-weights ${fromWeights}`} says what --from takes: name a run or checkpoint with --from`,
      );
    const draft = await configFromFlags(flags);
    if (flags.config === undefined || draft.config.from === undefined) return { draft, weights: null };
    return { draft, weights: { kind: "replay", file: join(dirname(resolve(flags.config)), FROM_FILE) } };
  }
  const { checkpoint, file, run, warnings } = await findCheckpoint(from, { out: flags.out });
  for (const warning of warnings) warn(warning);
  const { draft, isOwn } = await draftFrom(flags, checkpoint);
  const weights = {
    kind: "other run",
    checkpoint,
    file,
    weights: fromWeights ?? "raw",
    optimizer: fromOptimizer ?? false,
    networks: isOwn ? { name: `the checkpoint ${from}`, run } : null,
  } as const;
  return { draft, weights };
}

/** `isOwn`: the networks are built as the checkpoint's were. */
async function draftFrom(
  flags: ForkFlags,
  { config }: Checkpoint,
): Promise<{ readonly draft: ConfigDraft; readonly isOwn: boolean }> {
  const plain = (given: RunConfig): RunConfig => {
    const { from: _, ...fields } = given;
    return { ...fields, history: [] };
  };
  if (flags.preset !== undefined) {
    const draft = await configFromFlags(flags);
    return {
      draft: { config: plain(draft.config), forData: (data) => plain(draft.forData(data)) },
      isOwn: false,
    };
  }
  const file = flags.config === undefined ? {} : await readConfigFile(flags.config);
  const { trainOnly: _, ...theirs } = plain(configOf(config)); // until a step of the other run
  const merged = plain(mergeConfig(theirs, file, flags));
  if (file.model !== undefined && flags.model === undefined)
    await checkOwnModule(merged, { source: `the config file ${flags.config}`, recorded: null });
  const { model, generator, discriminator } = flags;
  const others = [model, generator, discriminator, file.model, file.networks];
  return { draft: fixedDraft(merged), isOwn: others.every((one) => one === undefined) };
}
