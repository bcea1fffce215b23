// A network as a table: its layers, what they give, how many parameters they have.
import type { LayersModel } from "@tensorflow/tfjs-layers";

export interface LayerSummary {
  readonly name: string;
  /** The layer's class, e.g. `Conv2D`. */
  readonly kind: string;
  /** What comes out for each sample, one shape for each output; null where a size depends on the input. */
  readonly outputs: readonly (readonly (number | null)[])[];
  /** Numbers that training changes. */
  readonly trained: number;
  /** Numbers that it does not: moving statistics, and all weights of a frozen layer. */
  readonly untrained: number;
  readonly frozen: boolean;
}

export interface NetworkSummary {
  readonly inputs: readonly (readonly (number | null)[])[];
  readonly layers: readonly LayerSummary[];
  readonly trained: number;
  readonly untrained: number;
}

/** Layers in the order in which they compute; those of a model inside the model count as one. */
export function summarizeNetwork(model: LayersModel): NetworkSummary {
  const layers = model.layers
    .filter((layer) => layer.getClassName() !== "InputLayer")
    .map((layer): LayerSummary => {
      const size = (weights: typeof layer.weights): number =>
        weights.reduce((sum, { shape }) => sum + shape.reduce<number>((product, n) => product * n!, 1), 0);
      const trained = size(layer.trainableWeights);
      return {
        name: layer.name,
        kind: layer.getClassName(),
        outputs: shapesOf(layer.outputShape),
        trained,
        untrained: size(layer.weights) - trained,
        frozen: layer.weights.length > 0 && !layer.trainable,
      };
    });
  return {
    inputs: model.inputs.map(({ shape }) => shape.slice(1)),
    layers,
    trained: layers.reduce((sum, layer) => sum + layer.trained, 0),
    untrained: layers.reduce((sum, layer) => sum + layer.untrained, 0),
  };
}

function shapesOf(shape: LayersModel["outputShape"]): (number | null)[][] {
  const isOne = !Array.isArray(shape[0]);
  return (isOne ? [shape] : shape).map((one) => (one as (number | null)[]).slice(1));
}
