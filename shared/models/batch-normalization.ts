// Batch normalization without scale or offset, which tf.layers can use but not train.
import type { LayersModel } from "@tensorflow/tfjs-layers";

type Variable = LayersModel["weights"][number] | { readonly read: () => null };

/**
 * While training, tf.layers reads gamma and beta whether there are any or not, and fails with "reading 'read'" of
 * undefined. Gives the layers of a model that have none something to read: nothing, which its arithmetic leaves out.
 */
export function mendBatchNormalization(model: LayersModel): void {
  for (const layer of model.layers) {
    if ("layers" in layer) mendBatchNormalization(layer as LayersModel);
    if (layer.getClassName() !== "BatchNormalization") continue;
    const parameters = layer as unknown as { gamma?: Variable; beta?: Variable };
    parameters.gamma ??= { read: () => null };
    parameters.beta ??= { read: () => null };
  }
}
