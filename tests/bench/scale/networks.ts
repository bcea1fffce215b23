// Networks with as many weights as one asks for, and as little else as possible: what travels is what is measured.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../../../coordinator/compiler/models/users/model-context.ts";

/** z [Z] -> [H, W, C] */
export function generator({ tf, imageShape, latentSize }: ModelContext): LayersModel {
  const pixels = imageShape.reduce((product, dimension) => product * dimension, 1);
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: pixels, useBias: false, inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: [...imageShape] }),
    ],
  });
}

/** [H, W, C] -> one logit, through a layer that holds nearly all of the GANGLION_BENCH_PARAMETERS weights. */
export function discriminator({ tf, imageShape }: ModelContext): LayersModel {
  const pixels = imageShape.reduce((product, dimension) => product * dimension, 1);
  const units = Math.max(1, Math.round(Number(process.env["GANGLION_BENCH_PARAMETERS"]) / (pixels + 2)));
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [...imageShape] }),
      tf.layers.dense({ units, kernelInitializer: "zeros" }), // drawing 100 million numbers takes minutes
      tf.layers.dense({ units: 1, useBias: false, kernelInitializer: "zeros" }),
    ],
  });
}
