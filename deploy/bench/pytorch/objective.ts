// What both systems minimize in a comparison: the part of a config that PyTorch's script can do too.
import { usedRegularizers } from "../../../coordinator/compiler/objectives/regularizers/regularizers.ts";
import { type RunConfig, networksOf, optimizerOf } from "../../../shared/config/config.ts";
import { type LossName, USUAL_LOSS } from "../../../shared/config/objectives/losses.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { type Scheduled, changesOverTime, scheduledAt } from "../../../shared/config/scheduled.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { isObject } from "../../../shared/is-object.ts";

/** Adam of one network (Kingma & Ba 2015). */
export interface PeerOptimizer {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export interface PeerObjective {
  readonly task: RunConfig["task"];
  readonly loss: LossName;
  /** λ, γ and targets, by regularizer and field. */
  readonly regularizers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** 0: both networks in one round. */
  readonly discriminatorRounds: number;
  readonly optimizers: Partial<Readonly<Record<NetworkName, PeerOptimizer>>>;
}

/** Regularizers that the script has. */
const REGULARIZERS: ReadonlySet<string> = new Set(["r1", "r2", "gradientPenalty"]);

/**
 * The config with the numbers that it starts with in place of those that follow the images: a benchmark is the first steps
 * of a run.
 */
export function atTheStart<T>(value: T): T {
  if (changesOverTime(value)) return value.from as T;
  if (Array.isArray(value) || !isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, atTheStart(part)])) as T;
}

/** @throws GanglionError USAGE naming what of the config PyTorch's script lacks */
export function peerObjective(config: RunConfig): PeerObjective {
  const lacks = lackedBy(config);
  if (lacks !== null)
    throw new GanglionError(
      "USAGE",
      `PyTorch's script has ${lacks}: measure without that, or leave --against pytorch out`,
    );
  const { task, loss = USUAL_LOSS, schedule } = config;
  return {
    task,
    loss,
    regularizers: atTheStart(config.regularizers) as PeerObjective["regularizers"],
    discriminatorRounds: schedule.kind === "alternating" ? schedule.discriminatorRounds : 0,
    optimizers: Object.fromEntries(networksOf(task).map((name) => [name, adamOf(config, name)])),
  };
}

function lackedBy(config: RunConfig): string | null {
  const { regularizers, augment, topK, conditional, weightClip } = config;
  const strange = Object.entries(regularizers).find(([name]) => !REGULARIZERS.has(name));
  if (strange) return `no ${strange[0]}, only ${[...REGULARIZERS].join(", ")}`;
  const lazy = usedRegularizers(config).find(({ every }) => every > 1);
  if (lazy) return `no lazy ${lazy.name}, only one of every step`;
  if (augment.kind !== "none") return `no augmentation such as ${augment.kind}`;
  if (topK !== 1) return "no top-k training";
  if (conditional) return "no networks that are given labels";
  if (weightClip !== undefined) return "no clipping of weights";
  for (const network of networksOf(config.task)) {
    const { kind, clip } = optimizerOf(config, network);
    if (kind !== "adam") return `Adam only, and the ${network}'s optimizer is ${kind}`;
    if (clip.kind !== "none") return `no clipping of gradients by ${clip.kind}`;
  }
  return null;
}

function adamOf(config: RunConfig, network: NetworkName): PeerOptimizer {
  const optimizer = optimizerOf(config, network);
  if (optimizer.kind !== "adam") throw new TypeError(`${optimizer.kind} is no adam`); // refused above
  const start = (of: Scheduled): number => scheduledAt(of, { images: 0, runImages: 1 });
  const { learningRate, beta1, beta2, epsilon } = optimizer;
  return { learningRate: start(learningRate), beta1: start(beta1), beta2: start(beta2), epsilon };
}
