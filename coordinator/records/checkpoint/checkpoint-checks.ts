// Checks that a checkpoint is one that a run can have written: its counts and tensors follow from its config and step.
import { type RunConfig, networksOf, optimizerOf } from "../../../shared/config/config.ts";
import { type Segment, segmentsOf } from "../../../shared/config/history/history.ts";
import { sectionOf } from "../../../shared/protocol/layout.ts";
import { roundsIn } from "../../../shared/protocol/phase-rounds.ts";
import { trainingPhases } from "../../compiler/objectives/phases.ts";
import { configOf } from "./checkpoint-config.ts";
import { updatesOf } from "./carried-state.ts";
import { takeSamplesAlike } from "./same-samples.ts";
import { STATE_PREFIX } from "../../../shared/protocol/slot-names.ts";
import type { Checkpoint } from "./checkpoint-content.ts";
import { momentsOf } from "../../update/optimizers/optimizer.ts";

/** What contradicts the rest, with its value and what would be right; null where nothing does. */
export function contradictionIn(checkpoint: Checkpoint): string | null {
  const { run: recorded, applied = 0 } = checkpoint.config;
  const late = recorded.history[applied - 1];
  if (late && late.step > checkpoint.step)
    return `it is of step ${checkpoint.step}, and a change of step ${late.step} is made in it`;
  const run = configOf(checkpoint.config);
  const segments = segmentsOf(recorded, applied, checkpoint.step);
  return (
    countContradiction(checkpoint, run, segments) ??
    layoutContradiction(checkpoint, run) ??
    optimizerContradiction(checkpoint, run, segments) ??
    modelContradiction(checkpoint, run)
  );
}

function countContradiction(
  { step, version, position, images }: Checkpoint,
  { length }: RunConfig,
  segments: readonly Segment[],
): string | null {
  if (length.kind === "steps" && step > length.steps)
    return `it is of step ${step}, and its run has ${length.steps} steps`;
  const phases = segments.map(({ config }) => trainingPhases(config));
  const starts = segments.map((_, i) => sum(segments.slice(0, i).map(({ steps }) => steps)));
  const rounds = segments.map(({ steps }, i) =>
    sum(phases[i].map((phase) => roundsIn(phase, starts[i], steps))),
  );
  const versions = sum(rounds);
  const counts = new Set(phases.map((own) => own.length));
  if (version !== versions)
    return `its version is ${version}, and ${step} steps of ${[...counts].join(" and ")} phases make ${versions}`;
  if (images !== position) return `it has ${images} images at position ${position} of the samples`;
  const taken = segments.map(({ config, steps }) => steps * config.batch);
  const [least, most] = [sum(taken), sum(rounds.map((own, i) => own * segments[i].config.batch))];
  const isRegular = phases.flat().every(({ every }) => every === 1);
  if (counts.size === 1 && isRegular && takeSamplesAlike(segments.map(({ config }) => config))) {
    const times = step === 0 ? 0 : position / least;
    if (step === 0 ? position === 0 : Number.isInteger(times) && times <= phases[0].length) return null;
  } else if (position <= most) return null;
  return `its position is ${position}, and ${step} steps take ${least} samples or a multiple, at most ${most}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** Its weights are those of the task's networks, and the average is there if the run keeps one. */
function layoutContradiction({ layout, ema }: Checkpoint, run: RunConfig): string | null {
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
function modelContradiction({ model }: Checkpoint, run: RunConfig): string | null {
  if (!model) return null;
  if (model.module && run.model.kind !== "module")
    return `it holds the module ${model.module.name}, and its run has the networks of preset ${run.model.name}`;
  const stranger = Object.keys(model.networks).find((name) => !(name in run.networks));
  return stranger === undefined ? null : `it holds a saved ${stranger}, and its run names none`;
}

function keepsEma({ task, average }: RunConfig): boolean {
  return task === "gan" && average > 0;
}

function optimizerContradiction(
  { step, layout, optimizers }: Checkpoint,
  run: RunConfig,
  segments: readonly Segment[],
): string | null {
  const listed = (names: readonly string[]): string => [...names].sort().join(", ") || "none";
  const networks = networksOf(run.task);
  if (listed(Object.keys(optimizers)) !== listed(networks))
    return `it has optimizers of ${listed(Object.keys(optimizers))}, and its networks are ${listed(networks)}`;
  for (const network of networks) {
    const { t, moments } = optimizers[network];
    const rounds = updatesOf(network, segments).ofOptimizer;
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
