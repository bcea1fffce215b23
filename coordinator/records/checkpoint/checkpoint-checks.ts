// Checks that a checkpoint is one that a run can have written: its counts and tensors follow from its config and step.
import { type RunConfig, networksOf, optimizerOf } from "../../../shared/config/config.ts";
import { sectionOf } from "../../../shared/protocol/layout.ts";
import { trainingPhases } from "../../compiler/objectives/phases.ts";
import { STATE_PREFIX } from "../../../shared/protocol/slot-names.ts";
import type { Checkpoint } from "./checkpoint-content.ts";
import { momentsOf } from "../../update/optimizers/optimizer.ts";

/** What contradicts the rest, with its value and what would be right; null where nothing does. */
export function contradictionIn(checkpoint: Checkpoint): string | null {
  return (
    countContradiction(checkpoint) ??
    layoutContradiction(checkpoint) ??
    optimizerContradiction(checkpoint) ??
    modelContradiction(checkpoint)
  );
}

function countContradiction({ step, version, position, images, config: { run } }: Checkpoint): string | null {
  const phases = trainingPhases(run).length;
  const { length, batch } = run;
  if (length.kind === "steps" && step > length.steps)
    return `it is of step ${step}, and its run has ${length.steps} steps`;
  if (version !== step * phases)
    return `its version is ${version}, and ${step} steps of ${phases} phases make ${step * phases}`;
  if (images !== position) return `it has ${images} images at position ${position} of the samples`;
  const rounds = step === 0 ? 0 : position / (step * batch);
  if (step === 0 ? position === 0 : Number.isInteger(rounds) && rounds <= phases) return null;
  return `its position is ${position}, and ${step} steps take ${step * batch} samples or a multiple, at most ${step * batch * phases}`;
}

/** Its weights are those of the task's networks, and the average is there if the run keeps one. */
function layoutContradiction({ layout, ema, config: { run } }: Checkpoint): string | null {
  const networks = networksOf(run.task);
  const stranger = layout.slots.find(
    ({ name }) =>
      !networks.some((own) => name.startsWith(`${own}/`) || name.startsWith(`${STATE_PREFIX}${own}/`)),
  );
  if (stranger)
    return `it has weights ${stranger.name}, and the networks of a ${run.task} are ${networks.join(" and ")}`;
  const empty = networks.find((name) => sectionOf(layout, `${name}/`).length === 0);
  if (empty !== undefined) return `it has no weights of the ${empty}`;
  const keeps = keepsEma(run);
  if (keeps === (ema !== null)) return null;
  return keeps
    ? `it has no average of the generator's weights, and its run keeps one (average ${run.average})`
    : "it has an average of weights, and its run keeps none";
}

/** Its copies are of what its config names. */
function modelContradiction({ model, config: { run } }: Checkpoint): string | null {
  if (!model) return null;
  if (model.module && run.model.kind !== "module")
    return `it holds the module ${model.module.name}, and its run has the networks of preset ${run.model.name}`;
  const stranger = Object.keys(model.networks).find((name) => !(name in run.networks));
  return stranger === undefined ? null : `it holds a saved ${stranger}, and its run names none`;
}

function keepsEma({ task, average }: RunConfig): boolean {
  return task === "gan" && average > 0;
}

function optimizerContradiction({ step, layout, optimizers, config: { run } }: Checkpoint): string | null {
  const listed = (names: readonly string[]): string => [...names].sort().join(", ") || "none";
  const networks = networksOf(run.task);
  if (listed(Object.keys(optimizers)) !== listed(networks))
    return `it has optimizers of ${listed(Object.keys(optimizers))}, and its networks are ${listed(networks)}`;
  for (const network of networks) {
    const { t, moments } = optimizers[network];
    const rounds = step * trainingPhases(run).filter(({ trains }) => trains.includes(network)).length;
    if (t !== rounds)
      return `the optimizer of the ${network} has made ${t} updates, and ${step} steps make ${rounds}`;
    const config = optimizerOf(run, network);
    const [theirs, ours] = [listed(Object.keys(moments)), listed(momentsOf(config))];
    if (theirs !== ours)
      return `the optimizer of the ${network} has the moments ${theirs}, and ${config.kind} keeps ${ours}`;
    const { length } = sectionOf(layout, `${network}/`);
    for (const [name, vector] of Object.entries(moments)) {
      if (vector.length !== length)
        return `the moment ${name} of the ${network} has ${vector.length} values, and its weights are ${length}`;
    }
  }
  return null;
}
