// The phases of one step of a small GAN, with seeded values for all their inputs, computed.
import { fileURLToPath } from "node:url";
import { compileOnce } from "../../coordinator/compiler/compile-run.ts";
import { buildNetworks } from "../../coordinator/compiler/models/networks.ts";
import type { Losses } from "../../coordinator/compiler/models/users/model-context.ts";
import { type RunConfig, type RunConfigInput, parseConfig } from "../../shared/config/config.ts";
import { fillRandomInputs } from "../../shared/program/random-inputs.ts";
import { type Program, decodeProgram, sizeOf } from "../../shared/program/program.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import type { PhasePlan } from "../../shared/protocol/messages.ts";
import { stream } from "../../shared/random/random.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { execute } from "./oracle.ts";

type Arrays = Readonly<Record<string, Float32Array>>;

export interface ComputedPhase {
  readonly plan: PhasePlan;
  readonly program: Program;
  readonly inputs: Arrays;
  readonly outputs: Arrays;
}

/** Batches of 4 images of 6×6×2 in one shard, 5 numbers of noise. */
export function objectiveConfig(changes: Partial<RunConfigInput>, networks = "conv-gan"): RunConfig {
  return parseConfig({
    model: { kind: "module", file: fileURLToPath(new URL(`./${networks}.ts`, import.meta.url)) },
    latentSize: 5,
    batch: 4,
    shard: 4,
    length: { kind: "steps", steps: 10 },
    schedule: { kind: "alternating" },
    sampleCount: 1,
    ...changes,
  });
}

const engine = createGraphEngine("test");
const IMAGES = { imageShape: [6, 6, 2], classes: 0 } as const;

/**
 * Weights are larger than a run's initial ones, so that nothing is near zero. `losses` take the place of those that the
 * config names; `values` that of seeded inputs.
 */
export async function computePhases(
  config: RunConfig,
  { losses, values = {} }: { readonly losses?: Losses; readonly values?: Arrays } = {},
): Promise<ComputedPhase[]> {
  const built = losses && { ...(await buildNetworks(config, IMAGES)), losses };
  const run = await compileOnce(config, IMAGES, built, true); // whether it comes out the same twice is looked at elsewhere
  const slots = new Map(run.layout.slots.map((slot) => [slot.name, slot]));
  const drawn = (name: string, size: number): Float32Array => {
    const array = new Float32Array(size);
    stream(3, name).fillNormal(array);
    return array;
  };
  const phases: ComputedPhase[] = [];
  for (const plan of new Set(run.phases)) {
    const program = decodeProgram(run.programs.get(plan.program)!);
    const inputs: Record<string, Float32Array> = {};
    for (const { name, value } of program.inputs) {
      const slot = slots.get(name);
      const random = drawn(name, sizeOf(program.values[value].shape));
      if (name in values) inputs[name] = values[name];
      else if (slot && name.startsWith("state/")) inputs[name] = viewOf(run.initialWeights, slot).slice();
      else if (slot) inputs[name] = random.map((one) => one / 2);
      else inputs[name] = name === "samples" ? random.map(Math.tanh) : random;
    }
    fillRandomInputs(program, inputs, 4, [plan.name]);
    phases.push({ plan, program, inputs, outputs: await execute(engine, program, inputs) });
  }
  return phases;
}
