// How a model's losses change along a direction in its weights, in float64: the truth about a step's gradients.
import { lossFunctions } from "../../coordinator/compiler/objectives/users/loss-functions.ts";
import { regularizerFunctions } from "../../coordinator/compiler/objectives/users/regularizer-functions.ts";
import { NowInputs } from "../../coordinator/compiler/models/users/now.ts";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Losses } from "../../coordinator/compiler/models/users/model-context.ts";
import { augmentFunctions } from "../../coordinator/compiler/objectives/augment/augment-functions.ts";
import { type NamedWeight, assignWeights, namedWeights } from "../../coordinator/compiler/models/weights.ts";
import type { Program } from "../../shared/program/program.ts";
import { redirectRandomOps } from "../../coordinator/compiler/trace/random-ops.ts";
import { float64Tensorflow } from "./float64.ts";
import type { RandomModel } from "./random-models.ts";

type Arrays = Readonly<Record<string, Float32Array>>;
type Networks = Readonly<Record<"generator" | "discriminator", LayersModel>>;
type NetworkName = keyof Networks;

const { tf, core } = float64Tensorflow();

/** Half of a central difference's step: kinks so near are rare, and the loss still has ten digits of difference. */
const STEP = 1e-6;

/**
 * dL/dt of each network's loss along w + t v, by central differences, with the inputs and random numbers that the
 * program got; `direction` has a v for each weight of the networks.
 */
export function slopesInFloat64(
  model: RandomModel,
  losses: Losses,
  program: Program,
  inputs: Arrays,
  direction: Arrays,
): Record<string, number> {
  const networks = model.build(tf);
  const weights = namedWeights(networks);
  const lossAt = (network: NetworkName, t: number): number =>
    core.tidy(() => {
      assignWeights(weights, new Map(weights.map((weight) => [weight.name, moved(weight, network, t)])));
      return withDraws(inputs, () => lossOf(networks, losses, network, program, inputs));
    });
  const moved = ({ name, network, trainable, variable }: NamedWeight, along: NetworkName, t: number) => {
    const moves = trainable && network === along;
    const values = [...inputs[name]].map((value, i) => value + (moves ? t * direction[name][i] : 0));
    return tf.tensor(values, variable.shape as number[]);
  };
  return Object.fromEntries(
    (["discriminator", "generator"] as const).map((network) => [
      network,
      (lossAt(network, STEP) - lossAt(network, -STEP)) / (2 * STEP),
    ]),
  );
}

function lossOf(
  networks: Networks,
  losses: Losses,
  network: NetworkName,
  program: Program,
  inputs: Arrays,
): number {
  const input = (name: string): ReturnType<typeof tf.tensor> => {
    const port = program.inputs.find((candidate) => candidate.name === name)!;
    return tf.tensor([...inputs[name]], [...program.values[port.value].shape]);
  };
  const trained = (name: keyof Networks) => (x: Parameters<typeof tf.relu>[0]) =>
    networks[name].apply(x as ReturnType<typeof input>, { training: true }) as ReturnType<typeof input>;
  const made = losses({
    tf,
    generator: trained("generator"),
    discriminator: trained("discriminator"),
    samples: input("samples"),
    noise: input("noise"),
    now: new NowInputs([]).now,
    gradients: () => [],
    losses: lossFunctions(tf),
    regularizers: regularizerFunctions({ tf, gradients: () => [] }),
    augment: augmentFunctions(tf),
  })[network];
  const penalties = networks[network].layers.flatMap((layer) => layer.calculateLosses());
  return [made, ...penalties].reduce((sum, part) => sum + part.dataSync()[0], 0);
}

function withDraws<T>(inputs: Arrays, body: () => T): T {
  let draws = 0;
  const restore = redirectRandomOps((_distribution, shape) => {
    const values = inputs[`random/${draws++}`];
    return values ? tf.tensor([...values], [...shape]) : tf.zeros([...shape]);
  }, core);
  try {
    return body();
  } finally {
    restore();
  }
}
