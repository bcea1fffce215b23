// `tf.customGrad` inside a traced step: what its gradient function says overrides the gradients of the calls it made.
import type * as tf from "@tensorflow/tfjs-core";
import { core } from "../trace/random-ops.ts";
import { activeRecorder } from "../trace/recorder.ts";
import type { RecordingBackend } from "../trace/recording-backend.ts";

/** As `tf.customGrad` types it, for tensors of every rank. */
type Differentiable = (...inputs: (tf.Tensor | Save)[]) => {
  value: tf.Tensor;
  gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
};
type Save = (tensors: tf.Tensor[]) => void;

/**
 * `tf.customGrad` of a model context. While a step is traced, the function that it returns notes its gradient function
 * with the value that it makes, whenever it was itself made; else it is tfjs's own. (tfjs's fused ops have custom
 * gradients of another kind: the kernels that they are composed of know better.)
 */
export const customGrad = ((f: Differentiable) => {
  const eager = core.customGrad(f);
  return (...inputs: tf.Tensor[]): tf.Tensor => {
    const backend = activeRecorder();
    return backend ? record(backend, f, inputs) : eager(...inputs);
  };
}) as typeof tf.customGrad;

/** The value gets a number of its own, by a reshape to its own shape: f may return its input (gradient reversal). */
function record(backend: RecordingBackend, f: Differentiable, inputs: readonly tf.Tensor[]): tf.Tensor {
  const saved: number[] = [];
  const save: Save = (tensors) => saved.push(...tensors.map((tensor) => backend.numberOf(tensor)));
  const { value, gradFunc } = f(...inputs, save);
  const result = core.reshape(value, value.shape);
  backend.recording.customGradients.set(backend.numberOf(result), {
    inputs: inputs.map((input) => backend.numberOf(input)),
    partials: (dy) => {
      const partials = gradFunc(
        dy,
        saved.map((number) => backend.tensorOf(number)),
      );
      return Array.isArray(partials) ? partials : [partials];
    },
  });
  return result;
}
