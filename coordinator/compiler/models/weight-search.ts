// Runs one network on symbols and finds the variables that it computes with besides those that tf.layers lists.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel, layers } from "@tensorflow/tfjs-layers";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { type TraceContext, recordProgram } from "../trace/trace.ts";
import { withSeededMathRandom } from "../trace/seeded-math-random.ts";
import { mendBatchNormalization } from "./batch-normalization.ts";
import { layerText, namingLayers, placingErrors, shapeText } from "./users/failures.ts";
import type { NowInputs } from "./users/now.ts";
import { type HeldVariable, heldVariables, kindOf } from "./held.ts";
import { watchLayers } from "./watch-layers.ts";
import { STATE_PREFIX } from "../../../shared/protocol/slot-names.ts";
import { type NamedWeight, type WeightVariable, assignWeights, layerPath } from "./weights.ts";

type Layer = layers.Layer;

export interface SearchedNetwork {
  readonly name: NetworkName;
  readonly model: LayersModel;
  /** Its weights that tf.layers lists. */
  readonly listed: readonly NamedWeight[];
  /** [B, …] of each input. */
  readonly inputs: readonly (readonly number[])[];
  readonly seed: number;
  /** What its layers read of the step. */
  readonly now: NowInputs;
  /** The user's module, for the lines in messages. */
  readonly file: string | null;
}

/** A weight that tf.layers does not list, and the layer in which it was first read, for messages. */
export interface FoundWeight extends NamedWeight {
  readonly place: string;
}

export class WeightSearch {
  readonly found: FoundWeight[] = [];
  /** Layers inside of the model, once each, in the order of their first call. */
  readonly applied = new Set<Layer>();
  readonly #network: SearchedNetwork;
  readonly #running: Layer[] = [];
  readonly #values: { readonly variable: tf.Variable; readonly data: tf.TypedArray }[] = [];
  /** Layers that no property leads to, by the layer of the network that calls them. */
  readonly #strangers = new Map<Layer, Layer[]>();

  constructor(network: SearchedNetwork) {
    this.#network = network;
  }

  /** Lets the network run in training and as it is used; its weights keep their values, whatever it does to them. */
  async run(): Promise<void> {
    const { listed, file } = this.#network;
    const kept = new Map(listed.map(({ name, variable }) => [name, tf.keep(variable.read().clone())]));
    try {
      await recordProgram(
        (context) => placingErrors(file, () => this.#runModel(context)),
        (variable) => this.#note(variable),
      );
    } finally {
      assignWeights(listed, kept);
      for (const tensor of kept.values()) tensor.dispose();
      for (const { variable, data } of this.#values)
        tf.tidy(() => variable.assign(tf.tensor(data, variable.shape, variable.dtype)));
    }
  }

  #runModel(context: TraceContext): Record<string, tf.Tensor> {
    const { name, model, listed, seed } = this.#network;
    const symbols = listed.map(
      (weight) => [weight.name, context.input(weight.name, weight.variable.shape as number[])] as const,
    );
    assignWeights(listed, new Map(symbols));
    const inputs = this.#network.inputs.map((shape, i) => context.input(`input ${i}`, shape));
    const unwatch = watchLayers(this.#running, context.eagerly, (layer) => {
      if (layer === model) return;
      this.applied.add(layer);
      mendBatchNormalization(layer);
    });
    try {
      withSeededMathRandom(seed, ["initial weights", name, "built when called"], () =>
        namingLayers({ [name]: model }, () => {
          for (const training of [true, false])
            this.#network.now.during(context.input, () =>
              model.apply(inputs.length === 1 ? inputs[0] : inputs, { training }),
            );
        }),
      );
    } finally {
      unwatch();
    }
    return {};
  }

  #note(variable: tf.Variable): void {
    this.#values.push({ variable, data: variable.dataSync().slice() });
    const { name: network, model } = this.#network;
    const place = `layer ${layerText(this.#running.at(-1) ?? model)} of the ${network}`;
    const at = this.#running.findIndex((layer) => model.layers.includes(layer));
    const [owner, ...called] = this.#running.slice(Math.max(at, 0));
    const held = at < 0 ? null : this.#wayTo(variable, owner, called);
    if (!held)
      throw new GanglionError(
        "MODEL",
        `${place} computes with a tf.variable of shape ${shapeText(variable.shape)} that no layer holds, so it would never be trained: make it in the layer's build() with this.addWeight(…), or keep it as a property of the layer`,
      );
    if (variable.dtype !== "float32")
      throw new GanglionError(
        "MODEL",
        `${place} has a weight of type ${variable.dtype}: weights are float32; keep what is none as a tensor, not a variable`,
      );
    const position = model.layers.indexOf(owner);
    const trainable = variable.trainable && [model, ...held.layers].every((layer) => layer.trainable);
    const path = [layerPath(network, position, owner), ...held.path].join("/");
    this.found.push({
      name: this.#unused(trainable ? path : STATE_PREFIX + path),
      network,
      position,
      trainable,
      variable: held.layerVariable ?? plainVariable(variable),
      place,
    });
  }

  /** By properties from the network's layer, or from a layer that it calls from a closure or a private field. */
  #wayTo(
    variable: tf.Variable,
    owner: Layer,
    called: readonly Layer[],
  ): Pick<HeldVariable, "path" | "layers" | "layerVariable"> | null {
    const held = heldVariables(owner).get(variable);
    if (held) return held;
    for (const [depth, layer] of called.entries()) {
      const inside = heldVariables(layer).get(variable);
      if (!inside) continue;
      const strangers = this.#strangers.get(owner) ?? [];
      this.#strangers.set(owner, strangers);
      if (!strangers.includes(layer)) strangers.push(layer);
      const root = `called.${strangers.indexOf(layer)}-${kindOf(layer)}`;
      const around = [owner, ...called.slice(0, depth)];
      return { ...inside, path: [root, ...inside.path], layers: [...around, ...inside.layers] };
    }
    return null;
  }

  /** Keys of a map may differ in what a name does not show. */
  #unused(name: string): string {
    const taken = new Set([...this.#network.listed, ...this.found].map((weight) => weight.name));
    let own = name;
    for (let i = 2; taken.has(own); i++) own = `${name}.${i}`;
    return own;
  }
}

/** A variable that the user's code made, as tf.layers wraps its own. */
function plainVariable(variable: tf.Variable): WeightVariable {
  return {
    shape: variable.shape,
    constraint: null as never,
    read: () => variable,
    write: (value) => variable.assign(value),
  };
}
