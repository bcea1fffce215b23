// What an optimizer's and an average's state becomes when the config changes in the middle of a run.
import { type RunConfig, networksOf, optimizerOf } from "../../../shared/config/config.ts";
import type { NetworkName, OptimizerConfig } from "../../../shared/config/optimizer-config.ts";
import type { Segment } from "../../../shared/config/history/history.ts";
import { roundsIn } from "../../../shared/protocol/phase-rounds.ts";
import { type Layout, sectionOf } from "../../../shared/protocol/layout.ts";
import { trainingPhases } from "../../compiler/objectives/phases.ts";
import { type OptimizerState, momentsOf } from "../../update/optimizers/optimizer.ts";
import type { Checkpoint } from "./checkpoint-content.ts";

const ADAMS: ReadonlySet<string> = new Set(["adam", "adamw"]);

/** Whether the moments of one rule mean the same in the other: they do in Adam and AdamW. */
export function keepsMoments({ kind: before }: OptimizerConfig, { kind: after }: OptimizerConfig): boolean {
  return before === after || (ADAMS.has(before) && ADAMS.has(after));
}

/**
 * Updates of a network after these segments: all of them, and those that its optimizer has made since it began anew, and
 * the images of those that were no lazy regularizer's. What was taken from another run counts with what had made it.
 */
export function updatesOf(
  network: NetworkName,
  segments: readonly Segment[],
): { readonly all: number; readonly ofOptimizer: number; readonly images: number } {
  const { from, batch: firstBatch } = segments[0].config;
  let [all, ofOptimizer] = [from?.averaged ?? 0, from?.updates[network] ?? 0];
  let images = from?.averagedImages ?? all * firstBatch;
  let before: OptimizerConfig | null = null;
  let step = 0;
  for (const { config, steps } of segments) {
    const rule = optimizerOf(config, network);
    if (before && !keepsMoments(before, rule)) ofOptimizer = 0;
    const phases = trainingPhases(config).filter(({ trains }) => trains.includes(network));
    const rounds = phases.reduce((sum, phase) => sum + roundsIn(phase, step, steps), 0);
    const main = phases.filter(({ every }) => every === 1).length * steps;
    images += main * config.batch;
    [all, ofOptimizer, before] = [all + rounds, ofOptimizer + rounds, rule];
    step += steps;
  }
  return { all, ofOptimizer, images };
}

/**
 * Averages and optimizers as a run goes on with when its config becomes `after`: moments that mean the same are kept,
 * others begin at 0; an average that the run did not keep begins at the present weights. `said` has a sentence for each
 * thing that begins anew.
 */
export function carriedState(
  { weights, ema, layout, optimizers }: Pick<Checkpoint, "weights" | "ema" | "layout" | "optimizers">,
  before: RunConfig,
  after: RunConfig,
): Pick<Checkpoint, "ema" | "optimizers"> & { readonly said: readonly string[] } {
  const said: string[] = [];
  const states = networksOf(after.task).map((network) => {
    const [old, rule] = [before, after].map((config) => optimizerOf(config, network));
    const isKept = keepsMoments(old, rule);
    if (!isKept)
      said.push(`the ${network}'s ${rule.kind} begins anew: the moments of ${old.kind} mean something else`);
    return [network, carriedOptimizer(optimizers[network], rule, isKept, layout, network)] as const;
  });
  const keepsEma = after.task === "gan" && after.average > 0;
  if (keepsEma && !ema) said.push("the average of the generator's weights begins with the present ones");
  return {
    ema: keepsEma ? (ema ?? weights.slice()) : null,
    optimizers: Object.fromEntries(states),
    said,
  };
}

function carriedOptimizer(
  { t, moments }: OptimizerState,
  rule: OptimizerConfig,
  isKept: boolean,
  layout: Layout,
  network: NetworkName,
): OptimizerState {
  const { length } = sectionOf(layout, `${network}/`);
  const carried = momentsOf(rule).map((name) => [
    name,
    (isKept ? moments[name] : undefined) ?? new Float32Array(length),
  ]);
  return { t: isKept ? t : 0, moments: Object.fromEntries(carried) as OptimizerState["moments"] };
}
