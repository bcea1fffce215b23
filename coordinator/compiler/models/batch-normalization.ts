// Batch normalization without scale or offset, which tf.layers can use but not train.
import type { LayersModel, layers } from "@tensorflow/tfjs-layers";

type Layer = layers.Layer;
type Variable = LayersModel["weights"][number] | { readonly read: () => null };

/**
 * While training, tf.layers reads gamma and beta whether there are any or not, and fails with "reading 'read'" of
 * undefined. Gives a layer, or the layers of a model, that have none something to read: nothing, which its arithmetic
 * leaves out.
 */
export function mendBatchNormalization(layer: Layer): void {
  if ("layers" in layer) for (const inner of (layer as LayersModel).layers) mendBatchNormalization(inner);
  if (layer.getClassName() !== "BatchNormalization") return;
  const parameters = layer as unknown as { gamma?: Variable; beta?: Variable };
  parameters.gamma ??= { read: () => null };
  parameters.beta ??= { read: () => null };
}
