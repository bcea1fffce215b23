// What a network's layers add to its loss: the penalties of their regularizers.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel, layers } from "@tensorflow/tfjs-layers";

type Layer = layers.Layer;

/**
 * Σ of the regularizers' penalties, a scalar; null where no layer has one. A shared layer counts once. `inner` are layers
 * that run inside of the model's.
 */
export function regularizationOf(model: LayersModel, inner: readonly Layer[] = []): tf.Tensor | null {
  const outer = [...new Set(layersOf(model))];
  const counted = new Set(outer.flatMap(({ losses }) => losses));
  const penalties = outer.flatMap((layer) => layer.calculateLosses());
  for (const penalty of new Set(inner.flatMap(({ losses }) => losses))) {
    if (!counted.has(penalty)) penalties.push(penalty());
  }
  return penalties.length === 0 ? null : tf.addN(penalties);
}

/** Of models inside the model too. */
function layersOf(model: LayersModel): Layer[] {
  return model.layers.flatMap((layer) => ("layers" in layer ? layersOf(layer as LayersModel) : [layer]));
}
