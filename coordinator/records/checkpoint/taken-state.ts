// What a new run takes from another's checkpoint: weights that match by name and shape, and with them average and moments.
import { type RunConfig, networksOf, optimizerOf } from "../../../shared/config/config.ts";
import type { From } from "../../../shared/config/history/from.ts";
import { segmentsOf } from "../../../shared/config/history/history.ts";
import { type Layout, type Slot, sectionOf, viewOf } from "../../../shared/protocol/layout.ts";
import { type OptimizerState, momentsOf } from "../../update/optimizers/optimizer.ts";
import { weightsHash } from "../../update/weights.ts";
import { type WeightDifference, differingWeights } from "../layout-difference.ts";
import { keepsMoments, updatesOf } from "./carried-state.ts";
import { configOf } from "./checkpoint-config.ts";
import type { Checkpoint } from "./checkpoint-content.ts";

export interface Taking {
  readonly config: RunConfig;
  readonly layout: Layout;
  /** [P], drawn from the seed: what does not match keeps it. */
  readonly initialWeights: Float32Array;
  readonly weights: From["weights"];
  /** Whether moments are taken too. */
  readonly optimizer: boolean;
}

export interface TakenState extends Pick<Checkpoint, "weights" | "ema" | "optimizers"> {
  readonly from: Omit<From, "checkpoint">;
  /** Weights that match, and how many numbers those are. */
  readonly taken: { readonly weights: number; readonly numbers: number };
  /** Weights that only one of the two has, or that have another shape. */
  readonly differing: readonly WeightDifference[];
  /** Networks whose optimizer begins anew though it was asked for: its rule is another. */
  readonly anew: readonly string[];
}

/** All vectors are new ones. */
export function takeState(source: Checkpoint, options: Taking): TakenState {
  const { config, layout, initialWeights } = options;
  const theirs = new Map(source.layout.slots.map((slot) => [slot.name, slot]));
  const pairs = layout.slots.flatMap((slot): [Slot, Slot][] => {
    const own = theirs.get(slot.name);
    return own && String(own.shape) === String(slot.shape) ? [[own, slot]] : [];
  });
  const copied = (from: Float32Array): Float32Array => {
    const vector = initialWeights.slice();
    for (const [own, slot] of pairs) viewOf(vector, slot).set(viewOf(from, own));
    return vector;
  };
  const average = source.ema ?? source.weights;
  const weights = copied(options.weights === "ema" ? average : source.weights);
  const keepsEma = config.task === "gan" && config.average > 0;
  const optimizers = networksOf(config.task).map((network) => [network, takenOptimizer(source, options, network, pairs)] as const); // prettier-ignore
  const updates = optimizers.filter(([, state]) => state.t > 0).map(([network, { t }]) => [network, t]);
  const { run, applied = 0 } = source.config;
  const followed = updatesOf("generator", segmentsOf(run, applied, source.step));
  return {
    weights,
    ema: keepsEma ? copied(average) : null,
    optimizers: Object.fromEntries(optimizers),
    from: {
      step: source.step,
      weightsHash: weightsHash(weights),
      weights: options.weights,
      updates: Object.fromEntries(updates) as Record<string, number>,
      averaged: source.ema ? followed.all : 0,
      averagedImages: source.ema ? followed.images : 0,
    },
    taken: { weights: pairs.length, numbers: pairs.reduce((sum, [, { size }]) => sum + size, 0) },
    differing: differingWeights(source.layout, layout),
    anew: options.optimizer ? optimizers.filter(([, { t }]) => t === 0).map(([network]) => network) : [],
  };
}

/** Moments of weights that match; the others', and those of another rule, begin at 0. */
function takenOptimizer(
  source: Checkpoint,
  { config, layout, optimizer }: Taking,
  network: ReturnType<typeof networksOf>[number],
  pairs: readonly (readonly [Slot, Slot])[],
): OptimizerState {
  const rule = optimizerOf(config, network);
  const own = source.optimizers[network] as OptimizerState | undefined;
  const isTaken =
    optimizer && own !== undefined && keepsMoments(optimizerOf(configOf(source.config), network), rule);
  const [before, now] = [source.layout, layout].map((one) => sectionOf(one, `${network}/`));
  const moments = momentsOf(rule).map((name) => {
    const vector = new Float32Array(now.length);
    const theirs = isTaken ? own.moments[name] : undefined;
    for (const [from, slot] of theirs ? pairs : [])
      if (slot.name.startsWith(`${network}/`))
        vector.set(theirs!.subarray(from.offset - before.offset, from.offset - before.offset + from.size), slot.offset - now.offset); // prettier-ignore
    return [name, vector] as const;
  });
  return { t: isTaken ? own.t : 0, moments: Object.fromEntries(moments) };
}
