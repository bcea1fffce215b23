// A run's networks as one flat vector: which layer weight lies where, out of the networks and back in.
import type * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { kindOf, ownName } from "./held.ts";
import { type Layout, createLayout, viewOf } from "../../../shared/protocol/layout.ts";
import { STATE_PREFIX } from "../../../shared/protocol/slot-names.ts";
import type { Networks } from "./networks.ts";

type Layer = LayersModel["layers"][number];
type LayerVariable = LayersModel["weights"][number];

/** What a weight lives in, as tf.layers has it. */
export interface WeightVariable extends Pick<LayerVariable, "shape" | "constraint"> {
  readonly read: () => tf.Tensor;
  readonly write: (value: tf.Tensor) => unknown;
}

/** A layer's weight under its name in the layout: `generator/03-conv2d/kernel`, or `state/generator/…` when not trained. */
export interface NamedWeight {
  readonly name: string;
  readonly network: NetworkName;
  /** Of the layer in the network. */
  readonly position: number;
  readonly trainable: boolean;
  readonly variable: WeightVariable;
}

/** Every weight of every network that tf.layers lists. Names come from positions and classes, so they do not depend on what was built before. */
export function namedWeights(networks: Networks): NamedWeight[] {
  return Object.entries(networks).flatMap(([network, model]) =>
    model.layers.flatMap((layer, position) => {
      const trained = new Set(layer.trainableWeights);
      const names = layer.weights.map(ownName);
      return layer.weights.map((variable, i): NamedWeight => {
        const trainable = trained.has(variable);
        const repeated = names.indexOf(names[i]) !== names.lastIndexOf(names[i]); // a model inside a model
        const own = repeated ? `${String(i).padStart(2, "0")}-${names[i]}` : names[i];
        const path = `${layerPath(network, position, layer)}/${own}`;
        return {
          name: trainable ? path : STATE_PREFIX + path,
          network: network as NetworkName,
          position,
          trainable,
          variable,
        };
      });
    }),
  );
}

/** `generator/03-conv2d` */
export function layerPath(network: string, position: number, layer: Layer): string {
  return `${network}/${String(position).padStart(2, "0")}-${kindOf(layer)}`;
}

export function weightsLayout(weights: readonly NamedWeight[]): Layout {
  return createLayout(weights.map(({ name, variable }) => ({ name, shape: variable.shape as number[] })));
}

/** The networks' present values, flat: [P]. */
export function readWeights(weights: readonly NamedWeight[], layout: Layout): Float32Array {
  const flat = new Float32Array(layout.length);
  const slots = new Map(layout.slots.map((slot) => [slot.name, slot]));
  for (const { name, variable } of weights) viewOf(flat, slots.get(name)!).set(variable.read().dataSync());
  return flat;
}

/** Lets the layers compute with other tensors, symbolic ones too. */
export function assignWeights(
  weights: readonly NamedWeight[],
  tensors: ReadonlyMap<string, tf.Tensor>,
): void {
  for (const { name, variable } of weights) {
    const free = variable as { constraint: WeightVariable["constraint"] };
    const { constraint } = free;
    free.constraint = null as never; // or writing would apply it, inside the step
    variable.write(tensors.get(name)!);
    free.constraint = constraint;
  }
}
