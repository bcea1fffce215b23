// What the flags of the training dynamics (optimizer, rates, clipping, regularization) make of a preset's config and a file's.
import type { RunConfigInput } from "../../shared/config/config.ts";
import { type OptimizerKind, changeOptimizer } from "../../shared/config/optimizer-config.ts";
import { GanglionError } from "../../shared/errors.ts";
import { isObject } from "../../shared/is-object.ts";
import { fieldsOf } from "./config-fields.ts";
import type { ConfigFlags } from "./config-flags.ts";
import { writtenScheduled } from "./tables/scheduled.ts";

type OptimizerFields = Pick<RunConfigInput, "optimizer" | "optimizers">;

/**
 * What the flags make of a preset's and a file's optimizers. A flag for every network goes before a file's field for
 * one; a flag for one network before that.
 *
 * @throws GanglionError USAGE for flags that exclude each other, or are not the optimizer's
 */
export function optimizersFromFlags(
  flags: ConfigFlags,
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
  const { optimizer: change = {}, optimizers: ownChanges = {} } = fieldsOf(flags);
  const optimizer = changed(ofAll, change);
  const { kind = "adam" } = optimizer as { kind?: OptimizerKind };
  checkMomentum(flags, kind);
  checkBetas(flags, kind);
  const optimizers: Record<string, unknown> = Object.fromEntries(
    Object.entries(own).map(([network, one]: [string, unknown]) => [
      network,
      isObject(one) ? changed(one, change) : one,
    ]),
  );
  for (const [network, ownChange] of Object.entries(ownChanges))
    optimizers[network] = { ...(optimizers[network] as object), ...ownChange };
  return { optimizer, optimizers };
}

interface WithSchedule {
  readonly learningRateSchedule?:
    | { readonly kind?: string | undefined; readonly warmUpSteps?: number | undefined }
    | undefined;
}

/** Another kind of schedule keeps the warm-up. */
function changed(optimizer: WithSchedule, change: WithSchedule): object {
  const { learningRateSchedule: next } = change;
  if (next === undefined) return changeOptimizer(optimizer, change);
  const { learningRateSchedule: before = {} } = optimizer;
  const { kind: from = "constant", warmUpSteps } = before;
  const { kind = from } = next;
  const kept = kind === from ? before : warmUpSteps === undefined ? {} : { warmUpSteps };
  return changeOptimizer(optimizer, { ...change, learningRateSchedule: { ...kept, ...next, kind } });
}

function checkExclusion({ clipNorm, clipValue }: ConfigFlags): void {
  if (clipNorm === undefined || clipValue === undefined) return;
  throw new GanglionError(
    "USAGE",
    `--clip-norm ${clipNorm} and --clip-value ${clipValue} exclude each other: leave one out; the norm keeps the gradient's direction`,
  );
}

function checkMomentum({ momentum, nesterov }: ConfigFlags, kind: OptimizerKind): void {
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

function checkBetas({ beta1, beta2 }: ConfigFlags, kind: OptimizerKind): void {
  if (kind === "adam" || kind === "adamw" || (beta1 === undefined && beta2 === undefined)) return;
  const flag =
    beta1 === undefined ? `--beta2 ${writtenScheduled(beta2!)}` : `--beta1 ${writtenScheduled(beta1)}`;
  throw new GanglionError(
    "USAGE",
    `${flag} is for adam and adamw, and the optimizer is ${kind}: leave it out, or choose --optimizer adam`,
  );
}
