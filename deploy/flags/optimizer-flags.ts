// What the flags of the training dynamics (optimizer, rates, clipping, regularization) make of a preset's config and a file's.
import type { RunConfigInput } from "../../shared/config/config.ts";
import type { NetworkName } from "../../shared/config/optimizer-config.ts";
import { GanglionError } from "../../shared/errors.ts";
import { isObject } from "../../shared/is-object.ts";
import {
  type LearningRateSchedule,
  type OptimizerKind,
  changeOptimizer,
} from "../../shared/config/optimizer-config.ts";

export interface OptimizerFlags {
  readonly optimizer?: OptimizerKind;
  readonly learningRate?: number;
  readonly generatorLearningRate?: number;
  readonly discriminatorLearningRate?: number;
  readonly learningRateSchedule?: LearningRateSchedule["kind"];
  readonly warmUp?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  readonly l2?: number;
  readonly weightDecay?: number;
}

type OptimizerFields = Pick<RunConfigInput, "optimizer" | "optimizers">;

/**
 * What the flags make of a preset's and a file's optimizers. A flag for every network goes before a file's field for
 * one; a flag for one network before that.
 *
 * @throws GanglionError USAGE for flags that exclude each other, or are not the optimizer's
 */
export function optimizersFromFlags(
  flags: OptimizerFlags,
  preset: OptimizerFields,
  file: OptimizerFields,
): OptimizerFields {
  const given = file.optimizer ?? {};
  const ofAll: unknown = isObject(given) ? changeOptimizer(preset.optimizer ?? {}, given) : given; // else refused by the schema
  const own: unknown = isObject(file.optimizers ?? {})
    ? { ...preset.optimizers, ...file.optimizers }
    : file.optimizers;
  if (!isObject(ofAll) || !isObject(own)) return { optimizer: ofAll, optimizers: own } as OptimizerFields;

  checkExclusion(flags);
  const changed = (optimizer: object): object => changeOptimizer(optimizer, changeOf(flags, optimizer));
  const optimizer = changed(ofAll);
  checkMomentum(flags, (optimizer as { kind?: OptimizerKind }).kind ?? "adam");
  const optimizers: Record<string, unknown> = Object.fromEntries(
    Object.entries(own).map(([network, one]: [string, unknown]) => [
      network,
      isObject(one) ? changed(one) : one,
    ]),
  );
  const { generatorLearningRate, discriminatorLearningRate } = flags;
  const rates: Partial<Record<NetworkName, number | undefined>> = {
    generator: generatorLearningRate,
    discriminator: discriminatorLearningRate,
  };
  for (const [network, learningRate] of Object.entries(rates)) {
    if (learningRate !== undefined)
      optimizers[network] = { ...(optimizers[network] as object), learningRate };
  }
  return { optimizer, optimizers };
}

/** The fields that the flags for every network set. */
function changeOf(flags: OptimizerFlags, optimizer: object): object {
  const { optimizer: kind, learningRate, momentum, nesterov, l2, weightDecay, clipNorm, clipValue } = flags;
  const { learningRateSchedule } = optimizer as { learningRateSchedule?: object };
  const fields = {
    kind,
    learningRate,
    momentum,
    nesterov,
    l2,
    weightDecay,
    clip:
      clipNorm !== undefined
        ? { kind: "norm", norm: clipNorm }
        : clipValue !== undefined
          ? { kind: "value", value: clipValue }
          : undefined,
    learningRateSchedule: scheduleOf(flags, learningRateSchedule ?? {}),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Another kind of schedule keeps the warm-up. */
function scheduleOf(
  { learningRateSchedule: kind, warmUp }: OptimizerFlags,
  schedule: object,
): object | undefined {
  if (kind === undefined && warmUp === undefined) return undefined;
  const { kind: before = "constant", warmUpSteps } = schedule as { kind?: string; warmUpSteps?: number };
  const kept =
    kind === undefined || kind === before ? schedule : warmUpSteps === undefined ? {} : { warmUpSteps };
  return { ...kept, kind: kind ?? before, ...(warmUp !== undefined && { warmUpSteps: warmUp }) };
}

function checkExclusion({ clipNorm, clipValue }: OptimizerFlags): void {
  if (clipNorm === undefined || clipValue === undefined) return;
  throw new GanglionError(
    "USAGE",
    `--clip-norm ${clipNorm} and --clip-value ${clipValue} exclude each other: leave one out; the norm keeps the gradient's direction`,
  );
}

function checkMomentum({ momentum, nesterov }: OptimizerFlags, kind: OptimizerKind): void {
  const adaptive = kind === "adam" || kind === "adamw";
  if (momentum !== undefined && adaptive) {
    throw new GanglionError(
      "USAGE",
      `--momentum ${momentum} is for sgd and rmsprop, and the optimizer is ${kind}, whose beta1 does that: leave it out, or choose --optimizer sgd`,
    );
  }
  if (nesterov && kind !== "sgd") {
    throw new GanglionError(
      "USAGE",
      `--nesterov is for sgd, and the optimizer is ${kind}: leave it out, or choose --optimizer sgd --momentum 0.9`,
    );
  }
}
