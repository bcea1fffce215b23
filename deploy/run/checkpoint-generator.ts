// A checkpoint's generator, compiled again and compared with the one that was trained.
import type { Checkpoint } from "../../coordinator/records/checkpoint/checkpoint-content.ts";
import { SAMPLES, programFingerprints } from "../../coordinator/records/fingerprints.ts";
import { checkLayout, checkPosition } from "../../coordinator/run-checks.ts";
import { otherNetworks, short } from "../../coordinator/records/same-run.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { GanglionError } from "../../shared/errors.ts";
import type { Layout } from "../../shared/protocol/layout.ts";
import { type CompiledRun, compileRun } from "../../coordinator/compiler/compile-run.ts";
import { type Program, decodeProgram } from "../../shared/program/program.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { withCheckpointModel } from "./model/checkpoint-model.ts";

export interface GeneratorOptions {
  /** Of the checkpoint, in sentences. */
  readonly name: string;
  /** The module that the user names, instead of the checkpoint's. */
  readonly model?: string;
  /** The run whose checkpoint it is, where its folder is known. */
  readonly run?: RunPaths | null;
  readonly warn: (message: string) => void;
}

export interface Generator {
  readonly program: Program;
  /** Of all networks' weights. */
  readonly layout: Layout;
}

/**
 * @throws GanglionError MODEL for a module that the user has not named, CHECKPOINT for networks that are not those that
 *   were trained, USAGE for a run without a generator
 */
export async function generatorOf(checkpoint: Checkpoint, options: GeneratorOptions): Promise<Generator> {
  const warn = (_code: string, message: string): void => options.warn(message);
  return withCheckpointModel(checkpoint, { ...options, warn }, async (config) => {
    const { imageShape, classes } = checkpoint.config;
    const own = await compileRun(config, { imageShape, classes });
    if (!own.generate)
      throw new GanglionError("USAGE", `${options.name} is of a ${config.task}, which draws no images`);
    checkLayout(checkpoint, own, config);
    checkPosition(checkpoint, own, config);
    checkSameGenerator(checkpoint, own, config, options);
    return { program: decodeProgram(own.programs.get(own.generate.program)!), layout: own.layout };
  });
}

/** Compares the program for a whole grid: the run recorded only that one. */
function checkSameGenerator(
  { fingerprints }: Checkpoint,
  own: CompiledRun,
  config: RunConfig,
  { name, warn }: GeneratorOptions,
): void {
  const before = fingerprints?.programs[SAMPLES];
  const now = programFingerprints(own)[SAMPLES];
  if (before === undefined)
    return warn(`${name} has no fingerprints: whether its generator is still the same could not be compared`);
  if (before === now) return;
  throw otherNetworks(
    `the program of ${SAMPLES} was ${short(before)} in this run, and is ${short(now)} now`,
    config,
  );
}
