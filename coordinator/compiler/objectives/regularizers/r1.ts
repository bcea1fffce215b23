// R1: D's slope at real images is kept small (Mescheder, Geiger & Nowozin 2018, eq. 9).
import { squaredSlopes } from "./image-gradients.ts";
import type { Regularizer } from "./regularizer.ts";

/** γ/2 · mean ‖∇D(x)‖² */
export const r1: Regularizer<"r1"> = {
  network: "discriminator",
  penalty(context) {
    const { tf, samples, number } = context;
    return tf.mul(tf.mul(number("gamma"), 0.5), tf.mean(squaredSlopes(context, samples)));
  },
};
