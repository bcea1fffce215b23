// What a network's layers add to its loss: the penalties of their regularizers.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel, layers } from "@tensorflow/tfjs-layers";

type Layer = layers.Layer;

/** Σ of the regularizers' penalties, a scalar; null where no layer has one. A shared layer counts once. */
export function regularizationOf(model: LayersModel): tf.Tensor | null {
  const penalties = [...new Set(layersOf(model))].flatMap((layer) => layer.calculateLosses());
  return penalties.length === 0 ? null : tf.addN(penalties);
}

/** Of models inside the model too. */
function layersOf(model: LayersModel): Layer[] {
  return model.layers.flatMap((layer) => ("layers" in layer ? layersOf(layer as LayersModel) : [layer]));
}
