// R2: D's slope at generated images is kept small (Mescheder, Geiger & Nowozin 2018; R3GAN has it beside R1).
import { squaredSlopes } from "./image-gradients.ts";
import type { Regularizer } from "./regularizer.ts";

/** γ/2 · mean ‖∇D(x̂)‖² */
export const r2: Regularizer<"r2"> = {
  network: "discriminator",
  penalty(context) {
    const { tf, fake, number } = context;
    return tf.mul(tf.mul(number("gamma"), 0.5), tf.mean(squaredSlopes(context, fake)));
  },
};
