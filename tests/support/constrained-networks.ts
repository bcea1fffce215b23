// The smallest GAN whose layers constrain their weights: non-negative kernels in D, columns of length 1 in G.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../../coordinator/compiler/models/users/model-context.ts";

export function generator({ tf, imageShape, latentSize }: ModelContext): LayersModel {
  const units = imageShape.reduce((product, dimension) => product * dimension, 1);
  const kernelConstraint = tf.constraints.unitNorm({ axis: 0 });
  return tf.sequential({
    layers: [
      tf.layers.dense({ units, kernelConstraint, inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: [...imageShape] }),
    ],
  });
}

export function discriminator({ tf, imageShape }: ModelContext): LayersModel {
  const kernelConstraint = tf.constraints.nonNeg();
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [...imageShape] }),
      tf.layers.dense({ units: 3, kernelConstraint }),
      tf.layers.dense({ units: 1 }),
    ],
  });
}
