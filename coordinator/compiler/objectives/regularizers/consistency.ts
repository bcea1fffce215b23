// Balanced consistency (bCR): D says the same of an image when that is shifted and mirrored (Zhao et al. 2020).
import type * as tf from "@tensorflow/tfjs-core";
import type { Slopes } from "./image-gradients.ts";
import type { Regularizer } from "./regularizer.ts";
import { shiftedAndMirrored } from "./shift-and-mirror.ts";

/** λ · (mean (D(x) − D(T(x)))² + mean (D(x̂) − D(T(x̂)))²) */
export const consistency: Regularizer<"consistency"> = {
  network: "discriminator",
  penalty(context, { flip }) {
    const { tf: tfjs, samples, fake, real, faked, number } = context;
    const ofReal = inconsistency(context, real.logits, shiftedAndMirrored(tfjs, samples, flip));
    const ofFake = inconsistency(context, faked.logits, shiftedAndMirrored(tfjs, fake, flip));
    return tfjs.mul(number("weight"), tfjs.add(ofReal, ofFake));
  },
};

/**
 * mean (D(x) − D(T(x)))², over the outputs of D where it has several. A map of patches moves along with the image, so it
 * counts as its mean.
 */
export function inconsistency(
  { tf: tfjs, logitsOf }: Pick<Slopes, "tf" | "logitsOf">,
  before: readonly tf.Tensor[],
  changed: tf.Tensor,
): tf.Tensor {
  const ofImages = (logits: tf.Tensor): tf.Tensor =>
    tfjs.mean(tfjs.reshape(logits, [logits.shape[0], -1]), 1); // [B]
  const after = logitsOf(changed);
  const differences = before.map((logits, i) =>
    tfjs.mean(tfjs.square(tfjs.sub(ofImages(logits), ofImages(after[i])))),
  );
  return tfjs.div(tfjs.addN(differences), differences.length);
}
