// `tf.customGrad` inside a traced step: what its gradient function says overrides the gradients of the calls it made.
import type * as tf from "@tensorflow/tfjs-core";
import { core } from "./random-ops.ts";
import type { RecordingBackend } from "./recording-backend.ts";

/** As `tf.customGrad` types it, for tensors of every rank. */
type Differentiable = (...inputs: (tf.Tensor | Save)[]) => {
  value: tf.Tensor;
  gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
};
type Save = (tensors: tf.Tensor[]) => void;

/**
 * Until the returned function is called, `customGrad` of a model context's `tf` notes its gradient function with the
 * value it returns. (tfjs's own fused ops use theirs to say what the kernels they are composed of know better.) The
 * value gets a number of its own, by a reshape to its own shape: f may return its input (gradient reversal).
 */
export function recordCustomGradients(backend: RecordingBackend): () => void {
  const target = core as unknown as Record<"customGrad", unknown>;
  const original = target.customGrad;
  target.customGrad =
    (f: Differentiable) =>
    (...inputs: tf.Tensor[]): tf.Tensor => {
      const saved: number[] = [];
      const save: Save = (tensors) => saved.push(...tensors.map((tensor) => backend.numberOf(tensor)));
      const { value, gradFunc } = f(...inputs, save);
      const result = core.reshape(value, value.shape);
      const partials = (dy: tf.Tensor): tf.Tensor[] =>
        [gradFunc(dy, saved.map((number) => backend.tensorOf(number)))].flat(); // prettier-ignore
      const numbers = inputs.map((input) => backend.numberOf(input));
      backend.recording.customGradients.set(backend.numberOf(result), { inputs: numbers, partials });
      return result;
    };
  return () => {
    target.customGrad = original;
  };
}
