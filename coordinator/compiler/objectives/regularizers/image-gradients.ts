// How D's outputs change with the pixels of an image: what R1, R2 and gradient penalties are made of.
import type * as tf from "@tensorflow/tfjs-core";
import type { LossContext, Tensorflow } from "../../models/users/model-context.ts";

/** What these penalties compute with. */
export interface Slopes {
  readonly tf: Tensorflow;
  readonly gradients: LossContext["gradients"];
  /** D's outputs for images [B, H, W, C]: logits [B, 1], or [B, h, w, 1] for patches, of each of its outputs. */
  readonly logitsOf: (images: tf.Tensor) => readonly tf.Tensor[];
}

/** Inside of roots: it keeps their slope finite where an image has no gradient at all. */
export const ROOT_EPSILON = 1e-12;

/** γ/2 · mean ‖∇D(x)‖² (Mescheder, Geiger & Nowozin 2018, eq. 9) */
export function flatAt(slopes: Slopes, images: tf.Tensor, gamma: number | tf.Scalar): tf.Tensor {
  const { tf: tfjs } = slopes;
  return tfjs.mul(tfjs.mul(gamma, 0.5), tfjs.mean(squaredSlopes(slopes, images)));
}

/** λ · mean (‖∇D(x)‖ − target)² (Gulrajani et al. 2017, eq. 3) */
export function slopesNear(
  slopes: Slopes,
  images: tf.Tensor,
  { weight, target }: { readonly weight: number | tf.Scalar; readonly target: number },
): tf.Tensor {
  const { tf: tfjs } = slopes;
  const lengths = tfjs.sqrt(tfjs.add(squaredSlopes(slopes, images), ROOT_EPSILON)); // ‖∂D/∂x‖, [B]
  return tfjs.mul(weight, tfjs.mean(tfjs.square(tfjs.sub(lengths, target))));
}

/**
 * Σ over pixels of (∂D/∂x)² for each image, [B]. The outputs of D are summed, over patches and over the batch too: where no
 * image's output depends on another, each gradient is the image's own. (Batch normalization in D mixes them, as in all
 * implementations.)
 */
function squaredSlopes({ tf: tfjs, gradients, logitsOf }: Slopes, images: tf.Tensor): tf.Tensor {
  const outputs = logitsOf(images).map((logits) => tfjs.sum(logits));
  const [ofPixels] = gradients(tfjs.addN(outputs), [images]); // [B, H, W, C]
  return tfjs.sum(tfjs.square(ofPixels), [1, 2, 3]);
}
