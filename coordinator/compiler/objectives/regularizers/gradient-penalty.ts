// WGAN-GP: D's slope between real and generated images is kept near a target (Gulrajani et al. 2017, eq. 3).
import type * as tf from "@tensorflow/tfjs-core";
import { type Slopes, slopesNear } from "./image-gradients.ts";
import type { Regularizer } from "./regularizer.ts";

/** λ · mean (‖∇D(x̃)‖ − target)² */
export const gradientPenalty: Regularizer<"gradientPenalty"> = {
  network: "discriminator",
  penalty(context, { target }) {
    const { samples, fake, number } = context;
    return slopesNear(context, betweenImages(context, samples, fake), { weight: number("weight"), target });
  },
};

/** x̃ = x + u·(x̂ − x), with one u from [0, 1) for each pair of images */
export function betweenImages(
  { tf: tfjs }: Pick<Slopes, "tf">,
  samples: tf.Tensor,
  fake: tf.Tensor,
): tf.Tensor {
  const part = tfjs.randomUniform([samples.shape[0], 1, 1, 1]);
  return tfjs.add(samples, tfjs.mul(part, tfjs.sub(fake, samples)));
}
