// Path length: the same small change of the noise changes G's images by the same, wherever it is (Karras et al. 2020).
import { ROOT_EPSILON } from "./image-gradients.ts";
import type { Regularizer } from "./regularizer.ts";

/**
 * λ · mean (‖Jᵀy‖ − a)², Jᵀy = ∂ Σ(x̂ · y) / ∂z, y standard normal / √(H·W), as StyleGAN2 has it: with
 *
 *   a ← a + decay · (mean ‖Jᵀy‖ − a)
 *
 * that begins at 0 and is moved before it is used, in the gradient too. Here z is the noise itself, [B, Z].
 */
export const pathLength: Regularizer<"pathLength"> = {
  network: "generator",
  state: { length: 0 },
  penalty({ tf, fake, noise, gradients, number, state }, { decay }) {
    const [, height, width] = fake.shape;
    const directions = tf.div(tf.randomNormal(fake.shape), Math.sqrt(height * width));
    const [ofNoise] = gradients(tf.sum(tf.mul(fake, directions)), [noise]); // Jᵀy, [B, Z]
    const lengths = tf.sqrt(tf.add(tf.sum(tf.square(ofNoise), 1), ROOT_EPSILON)); // [B]
    const before = state.read("length");
    const usual = tf.add(before, tf.mul(decay, tf.sub(tf.mean(lengths), before)));
    state.write("length", usual);
    return tf.mul(number("weight"), tf.mean(tf.square(tf.sub(lengths, usual))));
  },
};
