// R1: D's slope at real images is kept small (Mescheder, Geiger & Nowozin 2018, eq. 9).
import { flatAt } from "./image-gradients.ts";
import type { Regularizer } from "./regularizer.ts";

/** γ/2 · mean ‖∇D(x)‖², by the pixels as they were before augmentation and instance noise */
export const r1: Regularizer<"r1"> = {
  network: "discriminator",
  penalty: (context) => flatAt(context, context.samples, context.number("gamma")),
};
