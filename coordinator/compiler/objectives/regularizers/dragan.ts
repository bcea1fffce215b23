// DRAGAN: D's slope around real images is kept near 1 (Kodali et al. 2017).
import type * as tf from "@tensorflow/tfjs-core";
import { type Slopes, slopesNear } from "./image-gradients.ts";
import type { Regularizer } from "./regularizer.ts";

/** λ · mean (‖∇D(x + δ)‖ − 1)² */
export const dragan: Regularizer<"dragan"> = {
  network: "discriminator",
  penalty(context) {
    const { samples, number } = context;
    return slopesNear(context, aroundImages(context, samples), { weight: number("weight"), target: 1 });
  },
};

/**
 * x + δ, δ = a · ½ · std(x) · u, as the authors' code draws it: a from [0, 1) for each image, u from [0, 1) for each of its
 * numbers, std(x) over all numbers of the images.
 */
export function aroundImages({ tf: tfjs }: Pick<Slopes, "tf">, samples: tf.Tensor): tf.Tensor {
  const { variance } = tfjs.moments(samples);
  const how = tfjs.mul(tfjs.randomUniform([samples.shape[0], 1, 1, 1]), tfjs.mul(0.5, tfjs.sqrt(variance)));
  return tfjs.add(samples, tfjs.mul(how, tfjs.randomUniform(samples.shape)));
}
