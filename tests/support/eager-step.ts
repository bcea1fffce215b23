// A phase as a tfjs user would write it, nothing traced: variables, `tf.variableGrads`, moving statistics read back.
import { NowInputs } from "../../coordinator/compiler/models/users/now.ts";
import * as tf from "@tensorflow/tfjs-core";
import type { RunConfig } from "../../shared/config/config.ts";
import type { Losses } from "../../coordinator/compiler/models/users/model-context.ts";
import type { BuiltNetworks } from "../../coordinator/compiler/models/networks.ts";
import { assignWeights, namedWeights } from "../../coordinator/compiler/models/weights.ts";
import type { Objective } from "../../coordinator/compiler/objectives/objective.ts";
import {
  type ShardInputs,
  objectiveOf,
  trainingPhases,
} from "../../coordinator/compiler/objectives/phases.ts";
import { useCpuBackend } from "../../shared/program/cpu-backend.ts";
import type { Program } from "../../shared/program/program.ts";
import { ObjectiveState } from "../../coordinator/compiler/objectives/objective-state.ts";
import { redirectRandomOps } from "../../coordinator/compiler/trace/random-ops.ts";

type Arrays = Readonly<Record<string, Float32Array>>;

/**
 * What the program of a run's phase should give for these inputs, by output. Random ops take the numbers that the
 * program's random inputs got, in the order in which they run; those that no output needs get zeros.
 */
export async function eagerStep(
  { networks, losses: own }: BuiltNetworks,
  config: RunConfig,
  program: Program,
  values: Arrays,
  phase = trainingPhases(config)[0],
): Promise<Record<string, Float32Array>> {
  await useCpuBackend();
  const state = new ObjectiveState(config);
  const weights = [...namedWeights(networks), ...state.weights];
  const tensors = new Map(
    program.inputs.map(({ name, value }) => [
      name,
      tf.tensor(values[name].slice(), [...program.values[value].shape]),
    ]),
  );
  const restore = (): void =>
    assignWeights(
      weights.filter(({ name }) => tensors.has(name)),
      tensors,
    );
  const inputs = Object.fromEntries(tensors) as unknown as ShardInputs;
  const compute = (): Objective =>
    withDraws(tensors, () =>
      objectiveOf(phase, {
        networks,
        inputs,
        config,
        state,
        now: new NowInputs([]),
        gradients: refuse,
        ...(own && { losses: own }),
      }),
    );
  const outputs: Record<string, tf.Tensor> = {};

  restore();
  const { losses, metrics } = compute();
  for (const [name, metric] of Object.entries(metrics)) outputs[`metric/${name}`] = metric;
  for (const { name, trainable, variable } of weights)
    if (!trainable) outputs[name] = variable.read().clone();
  for (const [network, loss] of Object.entries(losses)) {
    outputs[`metric/loss/${network}`] = loss;
    restore();
    const trained = weights.filter((weight) => weight.network === network && weight.trainable);
    const variables = trained.map(({ variable }) => variable.read() as tf.Variable);
    const { grads } = tf.variableGrads(
      () => compute().losses[network as "generator"] as tf.Scalar,
      variables,
    );
    trained.forEach(({ name }, i) => (outputs[`gradient/${name}`] = grads[variables[i].name]));
  }
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, Float32Array.from(tensor.dataSync())]),
  );
}

const refuse: Parameters<Losses>[0]["gradients"] = () => {
  throw new Error("eager tfjs has none");
};

function withDraws<T>(tensors: ReadonlyMap<string, tf.Tensor>, body: () => T): T {
  let draws = 0;
  const restore = redirectRandomOps(
    (_distribution, shape) => tensors.get(`random/${draws++}`) ?? tf.zeros([...shape]),
  );
  try {
    return body();
  } finally {
    restore();
  }
}
