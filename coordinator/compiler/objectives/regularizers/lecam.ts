// LeCam: D's outputs stay near the averages of those for the other kind of images (Tseng et al. 2021, eq. 3 and 4).
import type * as tf from "@tensorflow/tfjs-core";
import type { Tensorflow } from "../../models/users/model-context.ts";
import type { Regularizer } from "./regularizer.ts";

/**
 * λ · (mean (D(x) − α_F)² + mean (D(x̂) − α_R)²), with α_R and α_F the moving averages of D(x) and of D(x̂):
 *
 *   α ← decay · α + (1 − decay) · mean D
 *
 * The averages are those of the rounds before, so that all shards are measured by the same. The first round has none: it has
 * no penalty, and the averages begin with its means.
 */
export const lecam: Regularizer<"lecam"> = {
  network: "discriminator",
  state: { real: 0, fake: 0, isStarted: 0 },
  penalty({ tf: tfjs, real, faked, number, state }, { decay }) {
    const isStarted = state.read("isStarted"); // 0 in the first round, then 1
    const averages = { real: state.read("real"), fake: state.read("fake") };
    const kept = tfjs.mul(decay, isStarted);
    for (const [name, { logits }] of [["real", real] as const, ["fake", faked] as const]) {
      const now = mean(
        tfjs,
        logits.map((output) => tfjs.mean(output)),
      );
      state.write(name, tfjs.add(tfjs.mul(kept, averages[name]), tfjs.mul(tfjs.sub(1, kept), now)));
    }
    state.write("isStarted", tfjs.onesLike(isStarted));
    const distance = tfjs.add(
      squaredDistance(tfjs, real.logits, averages.fake),
      squaredDistance(tfjs, faked.logits, averages.real),
    );
    return tfjs.mul(tfjs.mul(number("weight"), isStarted), distance);
  },
};

function squaredDistance(tfjs: Tensorflow, outputs: readonly tf.Tensor[], from: tf.Tensor): tf.Tensor {
  return mean(
    tfjs,
    outputs.map((logits) => tfjs.mean(tfjs.square(tfjs.sub(logits, from)))),
  );
}

function mean(tfjs: Tensorflow, scalars: tf.Tensor[]): tf.Tensor {
  return tfjs.div(tfjs.addN(scalars), scalars.length);
}
