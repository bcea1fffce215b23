// What is exported: a checkpoint's networks, built again, compared with those that were trained, and its weights.
import type { Checkpoint } from "../../coordinator/records/checkpoint/checkpoint-content.ts";
import { type TrainedNetworks, openNetworks } from "../../coordinator/compiler/trained-networks.ts";
import { SAMPLES } from "../../coordinator/records/fingerprints.ts";
import { nowOfCheckpoint } from "../../coordinator/now.ts";
import type { NowValues } from "../../shared/program/now-inputs.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { otherNetworks, short } from "../../coordinator/records/same-run.ts";
import { checkLayout } from "../../coordinator/run-checks.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import type { NetworkName } from "../../shared/config/optimizer-config.ts";
import { areClassNumbers } from "../../shared/data/labels.ts";
import { GanglionError } from "../../shared/errors.ts";
import { programFingerprint } from "../../shared/program/program-fingerprint.ts";
import { encodeProgram } from "../../shared/program/program.ts";
import { findCheckpoint } from "../run/find-checkpoint.ts";
import { withCheckpointModel } from "../run/model/checkpoint-model.ts";

export interface SourceOptions {
  /** RUN or CHECKPOINT as the user wrote it. */
  readonly named: string;
  /** Where runs lie that are named by number or name. */
  readonly runs: string;
  /** The weights as they are trained, not their average. */
  readonly raw?: boolean;
  /** The module that the user names, instead of the checkpoint's. */
  readonly model?: string;
  readonly warn: (message: string) => void;
}

export interface ExportSource {
  /** Of the checkpoint. */
  readonly file: string;
  readonly checkpoint: Checkpoint;
  readonly run: RunPaths | null;
  /** The run's; its module and saved networks are files that are there as long as the source is used. */
  readonly config: RunConfig;
  readonly trained: TrainedNetworks;
  /** [P] */
  readonly weights: Float32Array;
  readonly isAverage: boolean;
  /** What networks are told of the step: the checkpoint's. */
  readonly now: NowValues;
}

/**
 * Runs `use` with the source, which is gone afterwards. The networks hold symbols or initial weights until they are
 * assigned some.
 *
 * @throws GanglionError as `findCheckpoint`; USAGE for an average that the run does not keep, MODEL for a module that may
 *   not run, CHECKPOINT for networks that are not those that were trained
 */
export async function withSource<T>(
  options: SourceOptions,
  use: (source: ExportSource) => Promise<T>,
): Promise<T> {
  const { named: name, runs, raw = false, model, warn } = options;
  const { file, checkpoint, warnings, run } = await findCheckpoint(name, { out: runs });
  for (const warning of warnings) warn(warning);
  const { ema } = checkpoint;
  const { imageShape, classes } = checkpoint.config;
  const source = {
    name,
    run,
    ...(model !== undefined && { model }),
    warn: (_code: string, message: string) => warn(message),
  };
  return withCheckpointModel(checkpoint, source, async (config) => {
    const trained = await openNetworks(config, { imageShape, classes });
    try {
      checkLayout(checkpoint, trained, config);
      await checkSameGenerator(checkpoint, trained, config, warn);
      const isAverage = !raw && ema !== null;
      const weights = isAverage ? ema : checkpoint.weights;
      return await use({
        file,
        checkpoint,
        run,
        config,
        trained,
        weights,
        isAverage,
        now: nowOfCheckpoint(checkpoint),
      });
    } finally {
      trained.dispose();
    }
  });
}

/** The network that is meant: the one named, or what the run is for. @throws GanglionError USAGE */
export function networkOf({ trained, file }: ExportSource, named: NetworkName | undefined): NetworkName {
  const names = Object.keys(trained.networks) as NetworkName[];
  const network = named ?? names.find((name) => name !== "discriminator")!;
  if (names.includes(network)) return network;
  throw new GanglionError(
    "USAGE",
    `--network ${network}: ${file} has no ${network}, choose ${names.join(" or ")}`,
  );
}

/** What each class is called, in order; empty without labels. */
export function classNamesOf({ config }: Pick<Checkpoint, "config">): readonly string[] {
  const { classes, labels, names } = config;
  return names ?? (labels ?? Array.from({ length: classes }, (_, i) => i)).map(String);
}

/** The same for people, who need not be told that class 3 is 3. */
export function classText({ config }: Pick<Checkpoint, "config">): string {
  const { labels, names } = config;
  if (names === undefined && areClassNumbers(labels ?? [])) return "";
  return classNamesOf({ config })
    .map((name, i) => `${i} ${name}`)
    .join(", ");
}

/** The run recorded only the program for as many images as it draws itself. */
async function checkSameGenerator(
  { fingerprints }: Checkpoint,
  trained: TrainedNetworks,
  config: RunConfig,
  warn: (message: string) => void,
): Promise<void> {
  if (!trained.networks.generator) return;
  const before = fingerprints?.programs[SAMPLES];
  if (before === undefined)
    return warn(
      "the checkpoint has no fingerprints: whether its generator is still the same could not be compared",
    );
  const now = programFingerprint(encodeProgram(await trained.trace("generator", config.sampleCount)));
  if (before === now) return;
  throw otherNetworks(
    `the program of ${SAMPLES} was ${short(before)} in this run, and is ${short(now)} now`,
    config,
  );
}
