// A run's networks outside of its training: built again, to be given the weights that a checkpoint holds.
import type { RunConfig } from "../../shared/config/config.ts";
import type { NetworkName } from "../../shared/config/optimizer-config.ts";
import { type Layout, viewOf } from "../../shared/protocol/layout.ts";
import type { Program } from "../../shared/program/program.ts";
import * as tf from "@tensorflow/tfjs-core";
import { findInnerWeights } from "./models/inner-weights.ts";
import { type ImageSpec, type Networks, buildNetworks } from "./models/networks.ts";
import { type NamedWeight, assignWeights, namedWeights, weightsLayout } from "./models/weights.ts";
import { ObjectiveState } from "./objectives/objective-state.ts";
import { type RunModels, traceGenerator, traceJudgement } from "./objectives/trace-networks.ts";

export interface TrainedNetworks {
  readonly networks: Networks;
  /** Of all networks, in no order. */
  readonly weights: readonly NamedWeight[];
  /** Those of them that tf.layers does not list, and does not save. */
  readonly inner: readonly NamedWeight[];
  readonly layout: Layout;
  /** Whether a module of the user's says what the networks minimize, so that the discriminator's scores are its own affair. */
  readonly hasOwnLosses: boolean;
  /** One network's forward pass for `batch` images, as it is used and not trained. */
  trace(network: NetworkName, batch: number): Promise<Program>;
  /** Gives the layers these values, [P]: afterwards the models compute with them. */
  assign(vector: Float32Array): void;
  dispose(): void;
}

/** @throws GanglionError MODEL as `buildNetworks` */
export async function openNetworks(config: RunConfig, images: ImageSpec): Promise<TrainedNetworks> {
  const { networks, losses, now } = await buildNetworks(config, images);
  const found = await findInnerWeights(networks, config, images, now);
  const state = new ObjectiveState(config);
  const weights = [...namedWeights(networks), ...found.weights, ...state.weights];
  const layout = weightsLayout(weights);
  const models: RunModels = {
    config,
    images,
    networks,
    losses,
    now,
    state,
    weights,
    inner: found.layers,
    isRepetition: false,
  };
  return {
    networks,
    weights,
    inner: found.weights,
    layout,
    hasOwnLosses: losses !== null,
    trace: (name, batch) =>
      name === "generator"
        ? traceGenerator(networks.generator!, batch, models)
        : traceJudgement(name, batch, models),
    assign(vector) {
      const tensors = layout.slots.map(
        (slot) => [slot.name, tf.tensor(viewOf(vector, slot).slice(), [...slot.shape])] as const,
      );
      assignWeights(weights, new Map(tensors));
    },
    dispose() {
      state.dispose();
      for (const model of Object.values(networks)) model.dispose();
      for (const { variable } of found.weights) variable.read().dispose();
    },
  };
}
