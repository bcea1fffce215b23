// R2: D's slope at generated images is kept small (Mescheder, Geiger & Nowozin 2018; R3GAN has it beside R1).
import { flatAt } from "./image-gradients.ts";
import type { Regularizer } from "./regularizer.ts";

/** γ/2 · mean ‖∇D(x̂)‖², by the pixels as they were before augmentation and instance noise */
export const r2: Regularizer<"r2"> = {
  network: "discriminator",
  penalty: (context) => flatAt(context, context.fake, context.number("gamma")),
};
