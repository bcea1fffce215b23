// WGAN-GP: D's slope between real and generated images is kept near a target (Gulrajani et al. 2017, eq. 3).
import { slopes } from "./image-gradients.ts";
import type { Regularizer } from "./regularizer.ts";

/** λ · mean (‖∇D(x̃)‖ − target)², x̃ = x + u·(x̂ − x) with one u from [0, 1) for each pair of images */
export const gradientPenalty: Regularizer<"gradientPenalty"> = {
  network: "discriminator",
  penalty(context, { target }) {
    const { tf, samples, fake, number } = context;
    const part = tf.randomUniform([samples.shape[0], 1, 1, 1]);
    const between = tf.add(samples, tf.mul(part, tf.sub(fake, samples)));
    return tf.mul(number("weight"), tf.mean(tf.square(tf.sub(slopes(context, between), target))));
  },
};
