// Feature matching: G's images give D the same features on average as real ones (Salimans et al. 2016, section 3.1).
import type * as tf from "@tensorflow/tfjs-core";
import type { Tensorflow } from "../../models/users/model-context.ts";
import type { Regularizer } from "./regularizer.ts";

/** λ · ‖mean f(x) − mean f(x̂)‖², f(x) what enters the last layer of D that has weights */
export const featureMatching: Regularizer<"featureMatching"> = {
  network: "generator",
  penalty: ({ tf: tfjs, real, faked, number }) =>
    tfjs.mul(number("weight"), meansApart(tfjs, real.features, faked.features)),
};

/** ‖mean f − mean g‖² of features [B, …], the mean over the batch */
export function meansApart(tfjs: Tensorflow, real: tf.Tensor, fake: tf.Tensor): tf.Tensor {
  return tfjs.sum(tfjs.square(tfjs.sub(tfjs.mean(real, 0), tfjs.mean(fake, 0))));
}
