// A random model's whole step: the compiled program on the graph engine, against eager tfjs or the reference engine.
import { parseConfig } from "../../shared/config.ts";
import { viewOf } from "../../shared/models/layout.ts";
import { tensorflow } from "../../shared/models/model-context.ts";
import { compileRun } from "../../shared/objectives/compile-run.ts";
import { useCpuBackend } from "../../shared/program/cpu-backend.ts";
import { type Program, decodeProgram, sizeOf } from "../../shared/program/program.ts";
import { fillRandomInputs } from "../../shared/program/random-inputs.ts";
import { stream } from "../../shared/random.ts";
import { withSeededMathRandom } from "../../shared/seeded-math-random.ts";
import type { Engine } from "../../worker/engine/engine.ts";
import { eagerStep } from "./eager-step.ts";
import { execute, relativeError } from "./oracle.ts";
import { randomModel } from "./random-models.ts";

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
  const built = { networks, losses: model.losses ?? null };
  const run = await compileRun(config, { imageShape: model.imageShape, classes: 0 }, built);
  const program = decodeProgram(run.programs.get(run.phases[0].program)!);

  const inputs = inputsOf(program, seed);
  for (const slot of run.layout.slots) inputs[slot.name] = viewOf(run.initialWeights, slot).slice();
  const actual = await execute(graph, program, inputs);
  const lacking = model.eagerLacks();
  const expected = lacking
    ? await execute(reference, program, inputs)
    : await eagerStep(built, config, program, inputs);
  const errors = Object.entries(grouped(expected)).map(
    ([name, values]) => [name, relativeError(grouped(actual)[name], values)] as const,
  );
  return {
    errors: Object.fromEntries(errors),
    description: model.description(),
    against: lacking ? `reference (eager tfjs lacks ${lacking})` : "eager tfjs",
  };
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
