// Trains a recorded run again with Ganglion's own parts: compiled programs, the graph engine, the tree sum, the updater.
import { compileRun } from "../../coordinator/compiler/compile-run.ts";
import { meanOf } from "../../coordinator/update/clip.ts";
import { createConstrain } from "../../coordinator/update/constraints.ts";
import { Updater } from "../../coordinator/update/update.ts";
import { Weights } from "../../coordinator/update/weights.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { type Program, arraysFor, decodeProgram } from "../../shared/program/program.ts";
import { type Layout, viewOf } from "../../shared/protocol/layout.ts";
import type { PhasePlan } from "../../shared/protocol/messages.ts";
import { TreeSum } from "../../shared/tree-sum.ts";
import type { Executable } from "../../worker/engine/engine.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { placeWeights } from "./place-weights.ts";
import { type RecordedRun, fillSamples } from "./recorded-run.ts";

export interface Replayed {
  /** What each network minimized, in each round that trained it, one after the other. */
  readonly losses: Readonly<Record<"generator" | "discriminator", readonly number[]>>;
  readonly layout: Layout;
  /** [P] */
  readonly weights: Float32Array;
}

interface Prepared {
  readonly plan: PhasePlan;
  readonly program: Program;
  readonly inputs: Record<string, Float32Array>;
  readonly outputs: Record<string, Float32Array>;
  readonly executable: Executable;
}

/** Images are 28×28 grey; the config's batch and schedule are the record's. */
export async function replay(config: RunConfig, recorded: RecordedRun): Promise<Replayed> {
  const run = await compileRun(config, { imageShape: [28, 28, 1], classes: 0 });
  const { layout, constraints, parameters } = run;
  const initial = placeWeights(layout, recorded, "initial");
  const weights = new Weights(initial, 0, createConstrain(layout, constraints));
  const networks = Object.keys(parameters);
  const updater = new Updater({ config, layout, initial, networks, steps: recorded.steps, runImages: 0 });
  const prepared = await prepareAll(run.phases, run.programs);
  const losses = { generator: [] as number[], discriminator: [] as number[] };
  try {
    for (let step = 0; step < recorded.steps; step++) {
      for (const [index, phase] of run.phases.entries()) {
        const at = step * recorded.phases + index;
        const sum = await sumOf(prepared.get(phase)!, layout, weights.current, recorded, at);
        const clipped = updater.clip(phase, meanOf(sum, phase.shards));
        const { metrics } = updater.applyGradient(phase, { step, images: 0 }, clipped, weights);
        for (const name of ["generator", "discriminator"] as const)
          if (`loss/${name}` in metrics) losses[name].push(metrics[`loss/${name}`]);
      }
    }
  } finally {
    for (const { executable } of new Set(prepared.values())) await executable.dispose();
  }
  return { losses, layout, weights: weights.current };
}

async function prepareAll(
  phases: readonly PhasePlan[],
  programs: ReadonlyMap<string, Uint8Array>,
): Promise<ReadonlyMap<PhasePlan, Prepared>> {
  const engine = createGraphEngine("test");
  const prepared = new Map<PhasePlan, Prepared>();
  for (const plan of new Set(phases)) {
    const program = decodeProgram(programs.get(plan.program)!);
    const [inputs, outputs] = [arraysFor(program, program.inputs), arraysFor(program, program.outputs)];
    prepared.set(plan, {
      plan,
      program,
      inputs,
      outputs,
      executable: await engine.prepare(program, { inputs, outputs }),
    });
  }
  return prepared;
}

/** The contributions of a phase's shards, summed: [P of the contribution]. `at` counts phases from the run's start. */
async function sumOf(
  { plan, program, inputs, outputs, executable }: Prepared,
  layout: Layout,
  weights: Float32Array,
  recorded: RecordedRun,
  at: number,
): Promise<Float32Array> {
  const slots = new Map(layout.slots.map((slot) => [slot.name, slot]));
  const drawn = program.inputs.filter(({ name }) => !slots.has(name));
  const batches = new Map(drawn.map(({ name }) => [name, batchOf(name, recorded, at)]));
  const tree = new TreeSum(plan.shards);
  for (let shard = 0; shard < plan.shards; shard++) {
    for (const { name } of program.inputs) {
      const slot = slots.get(name);
      const target = inputs[name];
      const offset = shard * target.length;
      target.set(slot ? viewOf(weights, slot) : batches.get(name)!.subarray(offset, offset + target.length));
    }
    await executable.run();
    const contribution = new Float32Array(plan.contribution.length);
    for (const slot of plan.contribution.slots) viewOf(contribution, slot).set(outputs[slot.name]);
    tree.add({ first: shard, shards: 1 }, contribution, () => undefined);
  }
  return tree.take().vector;
}

/** Of an input that is no weight, for the whole batch of a phase. */
function batchOf(name: string, recorded: RecordedRun, at: number): Float32Array {
  if (name === "samples") {
    const samples = new Float32Array(recorded.batch * 28 * 28);
    fillSamples(recorded, at, samples);
    return samples;
  }
  const all = recorded.floats(name);
  const size = all.length / (recorded.steps * recorded.phases);
  return all.subarray(at * size, (at + 1) * size);
}
