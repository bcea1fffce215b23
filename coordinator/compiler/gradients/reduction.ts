// Gradients of reductions, running sums and normalization.
import * as tf from "@tensorflow/tfjs-core";
import { FLAT, type Gradients, gradient } from "./gradient-config.ts";

export const REDUCTION: Gradients = new Map([
  // tfjs's make an array of ones as large as x, to spread dy: here it is a constant of one element
  ["Sum", gradient(["x"], (dy, [x], { axis }) => ({ x: () => spread(dy, x, axesOf(x, axis)) }))],
  [
    "Mean",
    gradient(["x"], (dy, [x], { axis }) => {
      const axes = axesOf(x, axis);
      const count = axes.reduce((product, i) => product * x.shape[i], 1);
      return { x: () => tf.div(spread(dy, x, axes), count) };
    }),
  ],
  ...["ArgMax", "ArgMin"].map((kernel) => [kernel, FLAT] as const),
  ["Prod", gradient(["x"], (dy, [x], { axis }) => ({ x: () => productGradient(dy, x, axis as number[]) }))],
  // tfjs's transposes the result where the axis is not the last
  [
    "Cumsum",
    gradient([], (dy, _saved, { axis, exclusive, reverse }) => ({
      x: () => tf.cumsum(dy, axis as number, exclusive as boolean, !(reverse as boolean)),
    })),
  ],
  // tfjs's does not sum over broadcast axes where mean and variance have the rank of x
  [
    "FusedBatchNorm",
    gradient(["x", "mean", "variance", "scale"], (dy, [x, mean, variance, scale], { varianceEpsilon }) => {
      const inverse = tf.rsqrt(tf.add(variance, varianceEpsilon as number));
      const normalized = (): tf.Tensor => tf.mul(tf.sub(x, mean), inverse);
      const scaled = (): tf.Tensor => tf.mul(scale ? tf.mul(dy, scale) : dy, inverse); // dL/d(x - mean)
      return {
        x: scaled,
        mean: () => tf.neg(scaled()),
        variance: () => tf.mul(tf.mul(tf.mul(scaled(), normalized()), inverse), -0.5),
        scale: () => tf.mul(dy, normalized()),
        offset: () => dy,
      };
    }),
  ],
]);

/** Those that a reduction goes over; all where it names none. */
function axesOf({ shape }: tf.Tensor, axis: unknown): number[] {
  return tf.util.parseAxisParam((axis ?? shape.map((_, i) => i)) as number[], shape);
}

/** dy of a reduction, for every element of x. */
function spread(dy: tf.Tensor, x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
  return tf.mul(tf.reshape(dy, kept), tf.onesLike(x));
}

/**
 * ∂ Π x / ∂ xᵢ = Π of the others, multiplied out for each i: n² factors for n elements, but right where one is zero,
 * and differentiable again. (tfjs multiplies running products, which have no gradient.)
 */
function productGradient(dy: tf.Tensor, x: tf.Tensor, axis: number[] | number | null): tf.Tensor {
  const axes = axesOf(x, axis);
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const order = [...kept, ...axes];
  const moved = tf.transpose(x, order);
  const n = axes.reduce((product, i) => product * x.shape[i], 1);
  const rows = tf.reshape(moved, [-1, 1, n]);
  const others = tf.where(tf.cast(tf.eye(n), "bool"), tf.onesLike(rows), rows); // [rest, n, n]
  const products = tf.prod(others, -1); // [rest, n]
  const partial = tf.mul(tf.reshape(dy, [-1, 1]), products);
  return tf.transpose(tf.reshape(partial, moved.shape), inverseOf(order));
}

function inverseOf(order: readonly number[]): number[] {
  return order.map((_, i) => order.indexOf(i));
}
