// The phases of a step: which networks a round trains, and what they minimize.
import * as tf from "@tensorflow/tfjs-core";
import type { RunConfig } from "../../../shared/config/config.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import type { InnerWeights } from "../models/inner-weights.ts";
import {
  type LossContext,
  type Losses,
  type TrainedNetwork,
  tensorflow,
} from "../models/users/model-context.ts";
import type { Networks } from "../models/networks.ts";
import { type Objective, classifierObjective, ganObjective } from "./objective.ts";
import { regularizationOf } from "./regularization.ts";

/** Symbolic tensors of a shard. */
export type ShardInputs = Pick<LossContext, "samples" | "labels" | "noise">;

export interface Phase {
  readonly name: string;
  readonly trains: readonly NetworkName[];
}

/** The rounds of one step, in order. In one round with D, G sees the same weights and the same G(z). */
export function trainingPhases(config: RunConfig): readonly Phase[] {
  if (config.task === "classifier") return [{ name: "classifier", trains: ["classifier"] }];
  const discriminator: Phase = { name: "discriminator", trains: ["discriminator"] };
  switch (config.schedule.kind) {
    case "simultaneous":
      return [{ name: "both", trains: ["discriminator", "generator"] }];
    case "alternating":
      return [
        ...Array.from({ length: config.schedule.discriminatorRounds }, () => discriminator),
        { name: "generator", trains: ["generator"] },
      ];
    default:
      return config.schedule satisfies never;
  }
}

export interface PhaseSetting {
  readonly networks: Networks;
  /** Layers that run inside of the networks'. */
  readonly inner?: InnerWeights["layers"];
  /** A module's own, checked; absent: binary cross-entropy. */
  readonly losses?: Losses;
  readonly inputs: ShardInputs;
  readonly now: LossContext["now"];
  readonly gradients: LossContext["gradients"];
}

/**
 * The losses of the networks that the phase trains; what belongs to others only is dead code, and so are the inputs
 * that only they need. Metrics are taken where D (or the classifier) learns.
 */
export function objectiveOf(phase: Phase, setting: PhaseSetting): Objective {
  const { networks, inner = {}, losses, inputs, now, gradients } = setting;
  const { generator, discriminator, classifier } = networks;
  if (classifier)
    return regularized(classifierObjective(classifier, inputs.samples, inputs.labels!), networks, inner);
  const context: LossContext = {
    ...inputs,
    tf: tensorflow(),
    generator: trained(generator),
    discriminator: trained(discriminator),
    now,
    gradients,
  };
  const whole: Objective = losses
    ? usersObjective(losses(context))
    : ganObjective(context, {
        generator: generator!.inputs.length > 1,
        discriminator: discriminator!.inputs.length > 1,
      });
  const learned = Object.entries(whole.losses).filter(([name]) => phase.trains.includes(name as NetworkName));
  const objective: Objective = {
    losses: Object.fromEntries(learned),
    metrics: phase.trains.includes("discriminator") ? whole.metrics : {},
  };
  return regularized(objective, networks, inner);
}

/** Each network's loss with the penalties that its layers' regularizers put on its weights, whoever wrote the loss. */
function regularized(
  { losses, metrics }: Objective,
  networks: Networks,
  inner: InnerWeights["layers"],
): Objective {
  const whole = Object.entries(losses).map(([name, loss]) => {
    const penalty = regularizationOf(networks[name as NetworkName]!, inner[name as NetworkName]);
    return [name, penalty ? tf.add(tf.reshape(loss, []), penalty) : loss] as const;
  });
  return { losses: Object.fromEntries(whole), metrics };
}

function trained(model: Networks[NetworkName]): TrainedNetwork {
  return (...inputs) =>
    model!.apply(inputs.length === 1 ? inputs[0] : inputs, { training: true }) as tf.Tensor;
}

function usersObjective({ discriminator, generator, metrics = {} }: ReturnType<Losses>): Objective {
  return { losses: { discriminator, generator }, metrics };
}
