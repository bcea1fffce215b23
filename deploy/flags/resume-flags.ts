// Flags beside --resume: they may repeat what the run has, as a command line that is started again does, and change nothing.
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type RunConfig, optimizerOf } from "../../shared/config/config.ts";
import { GanglionError } from "../../shared/errors.ts";
import { isObject } from "../../shared/is-object.ts";
import { type ConfigFlags, configFromFlags, readConfigFile, wholePath } from "./config-from-flags.ts";
import type { OptimizerFlags } from "./optimizer-flags.ts";

/** How long a run is, that may change. */
type Length = "steps" | "epochs";
type FixedFlags = Omit<ConfigFlags, Length>;

/**
 * Refuses flags that would make a resumed run another run.
 *
 * @throws GanglionError USAGE naming the first, its value and the run's; CONFIG where a config file cannot be read
 */
export async function checkFixedFlags(flags: ConfigFlags, run: RunConfig): Promise<void> {
  const own = valuesOf(run);
  const given = await asKept(flags);
  for (const name of Object.keys(own) as (keyof typeof own)[]) {
    if (name === "model" && run.model.kind === "module") continue; // wherever it lies now, its programs are compared
    if (name === "data") continue; // so is what it holds, by its fingerprint
    if (given[name] !== undefined && given[name] !== own[name])
      throw cannotChange(flagOf(name), own[name], given[name]);
  }
  if (flags.config !== undefined) await checkFile(flags, flags.config, run);
}

/** What each flag would have to say, as the flag says it; undefined where no value of it is the run's. */
function valuesOf(
  run: RunConfig,
): Record<keyof Omit<FixedFlags, "config">, string | number | boolean | undefined> {
  return {
    preset: run.preset,
    model: run.model.kind === "module" ? run.model.file : undefined,
    generator: run.networks.generator,
    discriminator: run.networks.discriminator,
    data: run.data,
    batch: run.batch,
    shard: run.shard,
    seed: run.seed,
    ...optimizerValuesOf(run),
  };
}

function optimizerValuesOf(
  run: RunConfig,
): Record<keyof OptimizerFlags, string | number | boolean | undefined> {
  const { optimizer } = run;
  const { kind, learningRate, learningRateSchedule, clip, l2, weightDecay } = optimizer;
  return {
    optimizer: kind,
    learningRate,
    generatorLearningRate: optimizerOf(run, "generator").learningRate,
    discriminatorLearningRate: optimizerOf(run, "discriminator").learningRate,
    learningRateSchedule: learningRateSchedule.kind,
    warmUp: learningRateSchedule.warmUpSteps,
    momentum: "momentum" in optimizer ? optimizer.momentum : undefined,
    nesterov: "nesterov" in optimizer && optimizer.nesterov,
    clipNorm: clip.kind === "norm" ? clip.norm : undefined,
    clipValue: clip.kind === "value" ? clip.value : undefined,
    l2,
    weightDecay,
  };
}

/** Paths as a config keeps them. */
async function asKept(flags: ConfigFlags): Promise<FixedFlags> {
  const { model, generator, discriminator, data } = flags;
  return {
    ...flags,
    ...(model !== undefined && { model: resolve(model) }),
    ...(generator !== undefined && { generator: resolve(generator) }),
    ...(discriminator !== undefined && { discriminator: resolve(discriminator) }),
    ...(data !== undefined && { data: await wholePath(data) }),
  };
}

/** The fields that a file names must be the run's, as far as flags do not go before them. */
async function checkFile(flags: ConfigFlags, file: string, run: RunConfig): Promise<void> {
  const named = Object.keys(await readConfigFile(file));
  const again = await configFromFlags({ preset: run.preset, ...flags });
  const isGiven = flags.steps !== undefined || flags.epochs !== undefined;
  for (const name of named as (keyof RunConfig)[]) {
    const isElsewhere = (name === "model" || name === "data") && flags[name] !== undefined;
    if ((name === "length" && isGiven) || isElsewhere || isDeepStrictEqual(again[name], run[name])) continue;
    const { path, before, after } = firstDifference(name, run[name], again[name]);
    throw cannotChange(`${path} of --config ${file}`, before, after);
  }
}

/** Down to the field that differs. */
export function firstDifference(
  path: string,
  before: unknown,
  after: unknown,
): { readonly path: string; readonly before: unknown; readonly after: unknown } {
  if (!isObject(before) || !isObject(after)) return { path, before, after };
  const [ours, theirs] = [before, after] as Record<string, unknown>[];
  const name = Object.keys({ ...ours, ...theirs }).find((key) => !isDeepStrictEqual(ours[key], theirs[key]))!;
  return firstDifference(path === "" ? name : `${path}.${name}`, ours[name], theirs[name]);
}

function cannotChange(what: string, before: unknown, after: unknown): GanglionError {
  return new GanglionError(
    "USAGE",
    `${what} cannot change from ${worded(before)} to ${worded(after)} with --resume, which goes on with the run's own config: leave it out, or start a new run`,
  );
}

/** A config's value as a message tells it. */
export function worded(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
