// W / σ(W): a kernel divided by its greatest singular value, which power iteration follows from step to step.
import type * as core from "@tensorflow/tfjs-core";
import type { Layer, LayerVariable, Tfjs } from "../tfjs.ts";

/** A kernel, and which of its axes are the outputs, counted from the last. */
export interface DividedKernel {
  readonly variable: LayerVariable;
  readonly outputAxes: readonly number[];
}

/** The least norm that is divided by. */
export const SPECTRAL_EPSILON = 1e-12;

/** A layer's own method, which tfjs has for subclasses alone. */
type AddWeight = (this: Layer, ...parameters: readonly unknown[]) => LayerVariable;

/** What the last iteration was made with. */
interface Iteration {
  readonly kernel: object;
  readonly u: object;
  /** [N, 1]; kept, until the next iteration. */
  readonly v: core.Tensor2D;
}

/**
 * Spectral normalization (Miyato et al. 2018, algorithm 1) of one kernel W [N, C]: C outputs, each a sum of N numbers.
 *
 *   v = W uᵀ / ‖W uᵀ‖      u' = vᵀ W / ‖vᵀ W‖      σ = vᵀ W u'ᵀ      the kernel in use is W / σ
 *
 * u [1, C] is state of the network: training keeps u', once for each value of W, however often the layer is applied;
 * otherwise σ is the same and nothing is kept. u' and v are constants for gradients: those of W flow through W / (vᵀ W u'ᵀ).
 * Norms and σ are at least `epsilon`, and a kernel of zeros leaves u as it is.
 */
export class SpectralDivision {
  readonly #tf: Tfjs;
  readonly #kernel: DividedKernel;
  readonly #u: LayerVariable;
  readonly #epsilon: number;
  #last: Iteration | null = null;

  /** While `layer` is built: adds `name` to its state, drawn as a point on the unit sphere. */
  constructor(tf: Tfjs, layer: Layer, name: string, kernel: DividedKernel, epsilon = SPECTRAL_EPSILON) {
    this.#tf = tf;
    this.#kernel = kernel;
    this.#epsilon = epsilon;
    const shape = kernel.variable.shape as readonly number[];
    const outputs = kernel.outputAxes.reduce((product, axis) => product * shape.at(axis)!, 1);
    const onSphere = (): core.Tensor =>
      tf.tidy(() => {
        const drawn = tf.initializers.randomNormal({ mean: 0, stddev: 1 }).apply([1, outputs]);
        return tf.div(drawn, tf.norm(drawn));
      });
    const { addWeight } = layer as unknown as { readonly addWeight: AddWeight };
    this.#u = addWeight.call(layer, name, [1, outputs], "float32", { apply: onSphere }, undefined, false);
  }

  /** In the shape of the kernel. */
  divided(training: boolean): core.Tensor {
    const tf = this.#tf;
    const kernel = this.#kernel.variable.read();
    const matrix = this.#matrixOf(kernel); // [N, C]
    const { u, v } = this.#vectors(kernel, training);
    const sigma = tf.sum(tf.mul(tf.matMul(matrix, u, false, true), v)); // Σ (W uᵀ) v
    return tf.div(kernel, tf.maximum(sigma, this.#epsilon));
  }

  /** u' [1, C] and v [N, 1]. */
  #vectors(kernel: core.Tensor, training: boolean): { u: core.Tensor2D; v: core.Tensor2D } {
    const tf = this.#tf;
    const stored = this.#u.read() as core.Tensor2D;
    const last = this.#last;
    const isDone = last?.kernel === kernel.dataId && last.u === stored.dataId;
    if (training && isDone) return { u: constant(tf, () => tf.clone(stored)), v: last.v };
    const v = constant(tf, () => {
      const product = tf.matMul(this.#matrixOf(kernel), stored, false, true); // W uᵀ
      return this.#unit(product, product) as core.Tensor2D;
    });
    const u = constant(tf, () => {
      const product = tf.matMul(v, this.#matrixOf(kernel), true, false); // vᵀ W
      return this.#unit(product, stored) as core.Tensor2D;
    });
    if (training) this.#keep(kernel, u, v);
    return { u, v };
  }

  #keep(kernel: core.Tensor, u: core.Tensor2D, v: core.Tensor2D): void {
    const { dataId } = kernel;
    this.#u.write(u);
    if (this.#last?.v.isDisposed === false) this.#last.v.dispose();
    this.#last = { kernel: dataId, u: this.#u.read().dataId, v: this.#tf.keep(v) };
  }

  /** x / ‖x‖; `otherwise` where there is no direction. */
  #unit(x: core.Tensor, otherwise: core.Tensor): core.Tensor {
    const tf = this.#tf;
    const norm = tf.norm(x);
    return tf.where(tf.greater(norm, this.#epsilon), tf.div(x, tf.maximum(norm, this.#epsilon)), otherwise);
  }

  #matrixOf(kernel: core.Tensor): core.Tensor2D {
    const tf = this.#tf;
    const { rank, shape } = kernel;
    const outputs = this.#kernel.outputAxes.map((axis) => rank + axis);
    const others = shape.map((_, axis) => axis).filter((axis) => !outputs.includes(axis));
    const order = [...others, ...outputs];
    const isInOrder = order.every((axis, i) => axis === i);
    const sizes = outputs.reduce((product, axis) => product * shape[axis], 1);
    return tf.reshape(isInOrder ? kernel : tf.transpose(kernel, order), [-1, sizes]) as core.Tensor2D;
  }
}

/** What `make` computes, without a way for gradients. */
function constant<T extends core.Tensor>(tf: Tfjs, make: () => T): T {
  return tf.customGrad(() => ({ value: make(), gradFunc: () => [] }))();
}
