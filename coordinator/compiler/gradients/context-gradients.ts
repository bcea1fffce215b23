// tfjs's gradient functions, as a model context has them: inside a traced step they are exact to any order.
import type * as tf from "@tensorflow/tfjs-core";
import { customGrad } from "./custom-gradients.ts";
import { gradients } from "./gradient.ts";
import { core } from "../trace/random-ops.ts";
import { activeRecorder } from "../trace/recorder.ts";
import type { RecordingBackend } from "../trace/recording-backend.ts";

type Function = (...inputs: tf.Tensor[]) => tf.Tensor;
interface ValueAndGrads {
  readonly value: tf.Tensor;
  readonly grads: tf.Tensor[];
}

/**
 * In the place of `tf.grad` and its like, which on their own lose second derivatives of what saves its output (tanh,
 * sigmoid …), and refuse dilated convolutions. Outside a traced step they are tfjs's own.
 */
export const GRADIENT_OPS = {
  customGrad,
  grad: ((f: Function) => (x: tf.Tensor, dy?: tf.Tensor) => {
    const backend = activeRecorder();
    return backend ? differentiate(backend, f, [x], dy).grads[0] : core.grad(f)(x, dy);
  }) as typeof tf.grad,
  grads: ((f: Function) => (inputs: tf.Tensor[], dy?: tf.Tensor) => {
    const backend = activeRecorder();
    return backend ? differentiate(backend, f, inputs, dy).grads : core.grads(f)(inputs, dy);
  }) as typeof tf.grads,
  valueAndGrad: ((f: Function) => (x: tf.Tensor, dy?: tf.Tensor) => {
    const backend = activeRecorder();
    if (!backend) return core.valueAndGrad(f)(x, dy);
    const { value, grads } = differentiate(backend, f, [x], dy);
    return { value, grad: grads[0] };
  }) as typeof tf.valueAndGrad,
  valueAndGrads: ((f: Function) => (inputs: tf.Tensor[], dy?: tf.Tensor) => {
    const backend = activeRecorder();
    return backend ? differentiate(backend, f, inputs, dy) : core.valueAndGrads(f)(inputs, dy);
  }) as typeof tf.valueAndGrads,
};

/** Of Σ y, or of Σ y · dy; an input that y does not depend on gets zeros. */
function differentiate(
  backend: RecordingBackend,
  f: Function,
  inputs: readonly tf.Tensor[],
  dy: tf.Tensor | undefined,
): ValueAndGrads {
  const value = f(...inputs);
  const scalar = core.sum(dy ? core.mul(value, dy) : value);
  return { value, grads: gradients(backend, scalar, inputs) };
}
