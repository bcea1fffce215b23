// A random model's whole step: the compiled program on the graph engine, against eager tfjs or the reference engine.
import { NowInputs } from "../../coordinator/compiler/models/users/now.ts";
import { parseConfig } from "../../shared/config/config.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import { type Losses, tensorflow } from "../../coordinator/compiler/models/users/model-context.ts";
import { compileRun } from "../../coordinator/compiler/compile-run.ts";
import { useCpuBackend } from "../../shared/program/cpu-backend.ts";
import { type Program, decodeProgram, sizeOf } from "../../shared/program/program.ts";
import { fillRandomInputs } from "../../shared/program/random-inputs.ts";
import { stream } from "../../shared/random/random.ts";
import { withSeededMathRandom } from "../../coordinator/compiler/trace/seeded-math-random.ts";
import type { Engine } from "../../worker/engine/engine.ts";
import { eagerStep } from "./eager-step.ts";
import { execute } from "./oracle.ts";
import { relativeError } from "./relative-error.ts";
import { slopesInFloat64 } from "./float64-slope.ts";
import { type RandomModel, randomModel } from "./random-models.ts";

type Arrays = Record<string, Float32Array>;

export interface Comparison {
  /** Relative error by what is compared: each network's gradient as one vector, the moving statistics, the metrics. */
  readonly errors: Readonly<Record<string, number>>;
  readonly description: string;
  readonly against: string;
}

/** Deterministic in the seed. Where eager tfjs has no gradient, or a wrong one, the reference engine stands in. */
export async function compareRandomModel(
  seed: number,
  graph: Engine,
  reference: Engine,
): Promise<Comparison> {
  const model = randomModel(seed);
  await useCpuBackend();
  const networks = withSeededMathRandom(seed, ["weights"], () => model.build(tensorflow()));
  const config = parseConfig({
    model: { kind: "module", file: "random-model" }, // built here
    schedule: { kind: "simultaneous" },
    batch: model.shard,
    shard: model.shard,
    latentSize: model.latentSize,
    sampleCount: 1,
    length: { kind: "steps", steps: 1 },
  });
  const built = { networks, losses: model.losses ?? null, now: new NowInputs([]) };
  const run = await compileRun(config, { imageShape: model.imageShape, classes: 0 }, built);
  const program = decodeProgram(run.programs.get(run.phases[0].program)!);

  const inputs = inputsOf(program, seed);
  for (const slot of run.layout.slots) {
    const initial = viewOf(run.initialWeights, slot);
    inputs[slot.name] = slot.name.startsWith("state/") ? initial.slice() : jittered(initial, seed, slot.name);
  }
  const actual = await execute(graph, program, inputs);
  const lacking = model.eagerLacks();
  const expected = lacking
    ? await execute(reference, program, inputs)
    : await eagerStep(built, config, program, inputs);
  const errors = Object.entries(grouped(expected)).map(
    ([name, values]) => [name, relativeError(grouped(actual)[name], values)] as const,
  );
  const losses = model.mayTie() ? null : model.plainLosses;
  const slopes = losses ? slopeErrors(model, losses, program, inputs, actual, seed) : {};
  return {
    errors: { ...Object.fromEntries(errors), ...slopes },
    description: model.description(),
    against: lacking ? `reference (eager tfjs lacks ${lacking})` : "eager tfjs",
  };
}

/** |g · v - dL/dt| / ‖g‖ of each network, for a random direction v and the difference in float64. */
function slopeErrors(
  model: RandomModel,
  losses: Losses,
  program: Program,
  inputs: Readonly<Arrays>,
  actual: Readonly<Arrays>,
  seed: number,
): Record<string, number> {
  const gradients = Object.entries(actual).flatMap(([name, values]) =>
    name.startsWith("gradient/") ? [{ name: name.slice("gradient/".length), values }] : [],
  );
  const direction: Arrays = {};
  for (const { name, values } of gradients) {
    direction[name] = new Float32Array(values.length);
    stream(seed, "direction", name).fillNormal(direction[name]);
  }
  const slopes = slopesInFloat64(model, losses, program, inputs, direction);
  return Object.fromEntries(
    Object.entries(slopes).map(([network, slope]) => {
      let product = 0;
      let square = 0;
      for (const { name, values } of gradients.filter((one) => one.name.startsWith(`${network}/`))) {
        for (let i = 0; i < values.length; i++) {
          product += values[i] * direction[name][i];
          square += values[i] ** 2;
        }
      }
      return [`slope of the ${network} in float64`, Math.abs(product - slope) / (Math.sqrt(square) || 1)];
    }),
  );
}

function inputsOf(program: Program, seed: number): Arrays {
  const arrays = Object.fromEntries(
    program.inputs.map(({ name, value }) => {
      const array = new Float32Array(sizeOf(program.values[value].shape));
      stream(seed, "input", name).fillNormal(array);
      return [name, name === "samples" ? array.map(Math.tanh) : array];
    }),
  );
  fillRandomInputs(program, arrays, seed, ["op"]);
  return arrays;
}

/** Biases begin as 0, and what is dropped or padded then meets the kink of a ReLU, where there is no gradient. */
function jittered(initial: Float32Array, seed: number, name: string): Float32Array {
  const noise = new Float32Array(initial.length);
  stream(seed, "jitter", name).fillNormal(noise);
  return initial.map((value, i) => value + 0.05 * noise[i]);
}

/** A bias before a normalization has the gradient 0 and its rounding: one vector a network, as an optimizer sees it. */
function grouped(outputs: Readonly<Arrays>): Arrays {
  const groups: Record<string, number[]> = {};
  for (const name of Object.keys(outputs).sort()) {
    const group = /^(gradient\/\w+|state|metric)/.exec(name)![0];
    (groups[group] ??= []).push(...outputs[name]);
  }
  return Object.fromEntries(
    Object.entries(groups).map(([name, values]) => [name, Float32Array.from(values)]),
  );
}
