// A network as a table: its layers, what they give, how many parameters they have.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { sizeOf } from "../../../shared/program/program.ts";
import { type NormalizedLayer, batchNormalizations } from "./batch-normalization.ts";
import { classText } from "./held.ts";
import type { NamedWeight } from "./weights.ts";

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
  /** Its batch normalizations, also those inside of other layers. */
  readonly batchNormalization: readonly NormalizedLayer[];
}

/**
 * Layers in the order in which they compute, with their shares of the network's weights; those of a model, or of a
 * layer, inside a layer count as that one's.
 */
export function summarizeNetwork(model: LayersModel, weights: readonly NamedWeight[]): NetworkSummary {
  const layers = model.layers.flatMap((layer, position): LayerSummary[] => {
    if (layer.getClassName() === "InputLayer") return [];
    const own = weights.filter((weight) => weight.position === position);
    return [
      {
        name: layer.name,
        kind: classText(layer),
        outputs: shapesOf(layer),
        trained: sizeOfAll(own.filter(({ trainable }) => trainable)),
        untrained: sizeOfAll(own.filter(({ trainable }) => !trainable)),
        frozen: own.length > 0 && !layer.trainable,
      },
    ];
  });
  return {
    inputs: model.inputs.map(({ shape }) => shape.slice(1)),
    layers,
    trained: layers.reduce((sum, layer) => sum + layer.trained, 0),
    untrained: layers.reduce((sum, layer) => sum + layer.untrained, 0),
    batchNormalization: batchNormalizations(model),
  };
}

function sizeOfAll(weights: readonly NamedWeight[]): number {
  return weights.reduce((sum, { variable }) => sum + sizeOf(variable.shape as number[]), 0);
}

/** Of its last use: `outputShape` throws where a layer is used several times and gives different shapes. */
function shapesOf(layer: LayersModel["layers"][number]): (number | null)[][] {
  const shape = layer.inboundNodes.at(-1)!.outputShapes;
  const isOne = !Array.isArray(shape[0]);
  return (isOne ? [shape] : shape).map((one) => (one as (number | null)[]).slice(1));
}
