// How D's outputs change with the pixels of an image: what R1, R2 and gradient penalties are made of.
import type * as tf from "@tensorflow/tfjs-core";
import type { RegularizerContext } from "./regularizer.ts";

/**
 * Σ over pixels of (∂D/∂x)² for each image, [B]. The outputs of D are summed, over the batch too: where no image's output
 * depends on another, each gradient is the image's own. (Batch normalization in D mixes them, as in all implementations.)
 */
export function squaredSlopes(
  { tf: tfjs, gradients, judge }: Pick<RegularizerContext, "tf" | "gradients" | "judge">,
  images: tf.Tensor,
): tf.Tensor {
  const outputs = judge(images).logits.map((logits) => tfjs.sum(logits));
  const [ofPixels] = gradients(tfjs.addN(outputs), [images]); // [B, H, W, C]
  return tfjs.sum(tfjs.square(ofPixels), [1, 2, 3]);
}

/** ‖∂D/∂x‖ for each image, [B]; 1e-12 keeps the slope of the root finite where an image has no gradient at all. */
export function slopes(context: RegularizerContext, images: tf.Tensor): tf.Tensor {
  const { tf: tfjs } = context;
  return tfjs.sqrt(tfjs.add(squaredSlopes(context, images), 1e-12));
}
