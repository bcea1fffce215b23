// What a run begins with that takes its weights from another: a checkpoint of step 0, which it keeps in its folder.
import { type CompiledRun, compileRun } from "../../../coordinator/compiler/compile-run.ts";
import { carriedState } from "../../../coordinator/records/checkpoint/carried-state.ts";
import { configOf } from "../../../coordinator/records/checkpoint/checkpoint-config.ts";
import { loadCheckpoint } from "../../../coordinator/records/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../../coordinator/records/checkpoint/checkpoint-content.ts";
import { encodeCheckpoint } from "../../../coordinator/records/checkpoint/checkpoint-format.ts";
import { type TakenState, takeState } from "../../../coordinator/records/checkpoint/taken-state.ts";
import { fingerprintsOf } from "../../../coordinator/records/fingerprints.ts";
import { replaceFile } from "../../../coordinator/records/files/durable-file.ts";
import { differenceText } from "../../../coordinator/records/layout-difference.ts";
import type { RunPaths } from "../../../coordinator/records/run-paths.ts";
import { checkLayout } from "../../../coordinator/run-checks.ts";
import { weightsHash } from "../../../coordinator/update/weights.ts";
import { type RunConfig, parseConfig } from "../../../shared/config/config.ts";
import { configAfter } from "../../../shared/config/history/history.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { count, displayPath } from "../../terminal/format.ts";
import { readModel, type ModelFiles, withFiles } from "../../../coordinator/records/files/model-files.ts";
import type { ModelCopy } from "../../../coordinator/compiler/models/users/copy/model-copy.ts";
import type { RunData } from "../load-data.ts";
import { withModelOf } from "../model/checkpoint-model.ts";
import { copyOfRun } from "../model/run-copy.ts";
import type { WeightsOrigin } from "./origin.ts";

/** A run that begins with weights of its own, as if it went on from a checkpoint of step 0. */
export interface Start {
  readonly run: RunConfig;
  readonly compiled: CompiledRun;
  readonly checkpoint: Checkpoint;
  readonly said: readonly string[];
  /** The run's own copy of its module and saved networks; null where it has a preset alone. */
  readonly copy: ModelCopy | null;
}

/** @throws GanglionError CHECKPOINT where nothing matches, or where the weights of a replay are not there */
export async function startFrom(
  origin: WeightsOrigin,
  run: RunConfig,
  data: RunData,
  warn: (code: string, message: string) => void,
): Promise<Start> {
  return withNetworksOf(origin, warn, async (files, kept) => {
    const config = configAfter(run, 0);
    const compiled = await compileRun(withFiles(config, files), data.train);
    const copy = await copyOfRun(config, kept, warn);
    return { ...(await begin(origin, run, { ...data, compiled, copy })), compiled, copy };
  });
}

/** Where the networks are the other run's: with its own copy of them, wherever the originals went. */
async function withNetworksOf<T>(
  origin: WeightsOrigin,
  warn: (code: string, message: string) => void,
  use: (files: ModelFiles, kept: ModelCopy | null) => Promise<T>,
): Promise<T> {
  if (origin.kind === "replay" || origin.networks === null) return use({}, null);
  const { checkpoint, networks } = origin;
  const copy = checkpoint.model ?? (networks.run ? await readModel(networks.run) : null);
  const recorded = checkpoint.fingerprints?.module ?? null;
  return withModelOf({ config: configOf(checkpoint.config), copy, recorded }, { ...networks, warn }, use);
}

interface Built extends RunData {
  readonly compiled: CompiledRun;
  readonly copy: ModelCopy | null;
}

async function begin(
  origin: WeightsOrigin,
  run: RunConfig,
  { compiled, copy, ...data }: Built,
): Promise<Pick<Start, "run" | "checkpoint" | "said">> {
  const config = configAfter(run, 0);
  const fingerprints = await fingerprintsOf({ config, ...data, copy }, compiled);
  const firstOf = (
    recorded: RunConfig,
    state: Pick<Checkpoint, "weights" | "ema" | "optimizers">,
  ): Checkpoint => {
    const { imageShape, classes } = data.train;
    const about = { run: recorded, imageShape, classes, ...(recorded.history.length > 0 && { applied: 0 }) };
    const { weights, ema, optimizers } = state;
    const cursor = { step: 0, version: 0, position: 0, images: 0 };
    return {
      ...cursor,
      config: about,
      layout: compiled.layout,
      weights,
      ema,
      optimizers,
      numerics: "none",
      fingerprints,
      ...(copy && { model: copy }),
    };
  };
  switch (origin.kind) {
    case "other run": {
      const { layout, initialWeights } = compiled;
      const { weights, optimizer, file } = origin;
      const state = takeState(origin.checkpoint, { config, layout, initialWeights, weights, optimizer });
      const said = takenText(origin.file, origin.checkpoint.step, state, compiled);
      if (state.taken.weights === 0)
        throw new GanglionError(
          "CHECKPOINT",
          `${said.join("; ")}: nothing of it can be taken; name a run of the same networks, or leave --from out`,
        );
      const recorded = parseConfig({ ...run, from: { checkpoint: file, ...state.from } });
      return { run: recorded, checkpoint: firstOf(recorded, state), said };
    }
    case "replay": {
      const kept = await loadStart(origin.file, run);
      checkLayout(kept, compiled, config);
      const state = { weights: kept.weights, ...carriedState(kept, configOf(kept.config), config) };
      return {
        run,
        checkpoint: firstOf(run, state),
        said: [`its first weights are those in ${origin.file}`],
      };
    }
    default:
      return origin satisfies never;
  }
}

/**
 * The checkpoint of step 0 that a run with `from` keeps in its folder.
 *
 * @throws GanglionError CHECKPOINT where it is not there, or is another one
 */
export async function loadStart(file: string, { from }: Pick<RunConfig, "from">): Promise<Checkpoint> {
  const checkpoint = await loadCheckpoint(file).catch((cause: unknown) => {
    const message = `the run began with weights of ${from!.checkpoint}, which it keeps in ${file}: ${messageOf(cause)}`;
    throw new GanglionError("CHECKPOINT", message, { cause });
  });
  const hash = weightsHash(checkpoint.weights);
  if (hash === from!.weightsHash) return checkpoint;
  throw new GanglionError(
    "CHECKPOINT",
    `the weights in ${file} have hash ${hash.slice(0, 12)}…, and the run began with ${from!.weightsHash.slice(0, 12)}…: put the run's own file back`,
  );
}

/** Keeps what the run begins with in its folder. @throws GanglionError RUN_FOLDER */
export async function keepStart(
  { fromFile }: Pick<RunPaths, "fromFile">,
  checkpoint: Checkpoint,
): Promise<void> {
  try {
    await replaceFile(fromFile, encodeCheckpoint(checkpoint));
  } catch (cause) {
    const message = `cannot write ${fromFile}: ${messageOf(cause)}; make room, or choose another folder with --out`;
    throw new GanglionError("RUN_FOLDER", message, { cause });
  }
}

/** A line for each weight that differs, up to so many. */
const MOST_LISTED = 20;

function takenText(
  file: string,
  step: number,
  { taken, differing, anew }: TakenState,
  { layout }: CompiledRun,
): string[] {
  const rest = layout.slots.length - taken.weights;
  const drawn = rest > 0 ? `, ${rest} drawn from the seed` : "";
  const more = differing.length - MOST_LISTED;
  return [
    `from ${displayPath(file)}, step ${step}: ${taken.weights} of ${layout.slots.length} weights taken (${count(taken.numbers)} of ${count(layout.length)} numbers)${drawn}`,
    ...differing.slice(0, MOST_LISTED).map((one) => `not taken: ${differenceText(one, "there", "here")}`),
    ...(more > 0 ? [`not taken: ${more} more`] : []),
    ...anew.map(
      (network) => `the ${network}'s optimizer begins anew: its rule is another, or had made no update`,
    ),
  ];
}
