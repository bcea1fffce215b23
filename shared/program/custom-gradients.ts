// `tf.customGrad` inside a traced step: what its gradient function says overrides the gradients of the calls it made.
import * as tf from "@tensorflow/tfjs-core";
import type { RecordingBackend } from "./recording-backend.ts";

/** As `tf.customGrad` types it, for tensors of every rank. */
type Differentiable = (...inputs: (tf.Tensor | Save)[]) => {
  value: tf.Tensor;
  gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
};
type Save = (tensors: tf.Tensor[]) => void;

/**
 * Until the returned function is called, `customGrad` notes its gradient function with the value it returns. The value
 * gets a number of its own, by a reshape to its own shape: f may return its input (gradient reversal).
 */
export function recordCustomGradients(backend: RecordingBackend): () => void {
  const engine = tf.engine();
  const customGrad =
    (f: Differentiable) =>
    (...inputs: tf.Tensor[]): tf.Tensor => {
      const saved: number[] = [];
      const save: Save = (tensors) => saved.push(...tensors.map((tensor) => backend.numberOf(tensor)));
      const { value, gradFunc } = f(...inputs, save);
      const result = tf.reshape(value, value.shape);
      backend.recording.customGradients.set(backend.numberOf(result), {
        inputs: inputs.map((input) => backend.numberOf(input)),
        partials: (dy) =>
          [
            gradFunc(
              dy,
              saved.map((number) => backend.tensorOf(number)),
            ),
          ].flat(),
      });
      return result;
    };
  engine.customGrad = customGrad as typeof engine.customGrad;
  return () => {
    Reflect.deleteProperty(engine, "customGrad"); // the class's own shows again
  };
}
