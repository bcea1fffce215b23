// The phases of a step: which networks a round trains, and what they minimize.
import * as tf from "@tensorflow/tfjs-core";
import type { RunConfig } from "../../../shared/config/config.ts";
import type { RegularizerName } from "../../../shared/config/objectives/regularizers.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import type { InnerWeights } from "../models/inner-weights.ts";
import {
  type LossContext,
  type Losses,
  type TrainedNetwork,
  tensorflow,
} from "../models/users/model-context.ts";
import type { Networks } from "../models/networks.ts";
import type { NowInputs } from "../models/users/now.ts";
import { augmentFunctions } from "./augment/augment-functions.ts";
import { type GanSetting, ganObjective, lazyObjective } from "./gan.ts";
import type { ObjectiveState } from "./objective-state.ts";
import { type Objective, classifierObjective } from "./objective.ts";
import { usedRegularizers } from "./regularizers/regularizers.ts";
import { regularizationOf } from "./regularization.ts";
import { lossFunctions } from "./users/loss-functions.ts";
import { regularizerFunctions } from "./users/regularizer-functions.ts";

/** Symbolic tensors of a shard. */
export type ShardInputs = Pick<LossContext, "samples" | "labels" | "noise">;

export interface Phase {
  readonly name: string;
  readonly trains: readonly NetworkName[];
  /** It has a round in the steps whose number is divisible by this. */
  readonly every: number;
  /** Of a lazy regularizer's phase; else the networks' losses. */
  readonly penalty?: RegularizerName;
}

/**
 * The rounds of one step, in order. In one round with D, G sees the same weights and the same G(z). A lazy regularizer's
 * phase follows those of its network.
 */
export function trainingPhases(config: RunConfig): readonly Phase[] {
  if (config.task === "classifier") return [{ name: "classifier", trains: ["classifier"], every: 1 }];
  const discriminator: Phase = { name: "discriminator", trains: ["discriminator"], every: 1 };
  const generator: Phase = { name: "generator", trains: ["generator"], every: 1 };
  if (config.trainOnly) return onlyPhases(config, config.trainOnly.network, { discriminator, generator });
  switch (config.schedule.kind) {
    case "simultaneous":
      return [
        { name: "both", trains: ["discriminator", "generator"], every: 1 },
        ...lazyPhases(config, "discriminator"),
        ...lazyPhases(config, "generator"),
      ];
    case "alternating":
      return [
        ...discriminatorRounds(config, discriminator),
        ...lazyPhases(config, "discriminator"),
        generator,
        ...lazyPhases(config, "generator"),
      ];
    default:
      return config.schedule satisfies never;
  }
}

/** Of a run that trains one network alone: the rounds that it has otherwise, without the other's. */
function onlyPhases(
  config: RunConfig,
  network: "discriminator" | "generator",
  phases: Readonly<Record<"discriminator" | "generator", Phase>>,
): Phase[] {
  const own =
    network === "generator" ? [phases.generator] : discriminatorRounds(config, phases.discriminator);
  return [...own, ...lazyPhases(config, network)];
}

function discriminatorRounds({ schedule }: RunConfig, discriminator: Phase): Phase[] {
  const length = schedule.kind === "alternating" ? schedule.discriminatorRounds : 1;
  return Array.from({ length }, () => discriminator);
}

function lazyPhases(config: RunConfig, network: NetworkName): Phase[] {
  const lazy = usedRegularizers(config).filter(
    ({ every, regularizer }) => every > 1 && regularizer.network === network,
  );
  return lazy.map(({ name, every }) => ({
    name: `${network} ${name}`,
    trains: [network],
    every,
    penalty: name,
  }));
}

export interface PhaseSetting {
  readonly networks: Networks;
  /** Layers that run inside of the networks'. */
  readonly inner?: InnerWeights["layers"];
  /** A module's own, checked; absent: those that the config names. */
  readonly losses?: Losses;
  readonly inputs: ShardInputs;
  readonly config: RunConfig;
  readonly state: ObjectiveState;
  readonly now: NowInputs;
  readonly gradients: LossContext["gradients"];
}

/**
 * The losses of the networks that the phase trains; what belongs to others only is dead code, and so are the inputs
 * that only they need. Metrics are taken where D (or the classifier) learns.
 */
export function objectiveOf(phase: Phase, setting: PhaseSetting): Objective {
  const { networks, inner = {}, losses, inputs, config, state, now, gradients } = setting;
  const { generator, discriminator, classifier } = networks;
  if (classifier)
    return regularized(classifierObjective(classifier, inputs.samples, inputs.labels!), networks, inner);
  const whole = losses
    ? usersObjective(
        losses({
          ...inputs,
          tf: tensorflow(),
          generator: trained(generator),
          discriminator: trained(discriminator),
          now: now.now,
          gradients,
          losses: lossFunctions(tensorflow()),
          regularizers: regularizerFunctions({ tf: tensorflow(), gradients }),
          augment: augmentFunctions(tensorflow()),
        }),
      )
    : configuredObjective(phase, {
        ...inputs,
        config,
        generator: generator!,
        discriminator: discriminator!,
        state,
        gradients,
        number: (path) => now.configured(path, config),
      });
  const learned = Object.entries(whole.losses).filter(([name]) => phase.trains.includes(name as NetworkName));
  const watches = phase.penalty !== undefined || phase.trains.includes("discriminator");
  const objective: Objective = {
    losses: Object.fromEntries(learned),
    metrics: Object.assign(
      {},
      watches ? whole.metrics : {},
      ...phase.trains.map((name) => whole.own?.[name]),
    ),
  };
  return phase.penalty === undefined ? regularized(objective, networks, inner) : objective;
}

function configuredObjective({ penalty }: Phase, setting: GanSetting): Objective {
  return penalty === undefined ? ganObjective(setting) : lazyObjective(setting, penalty);
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
