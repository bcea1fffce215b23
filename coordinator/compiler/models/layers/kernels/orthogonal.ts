// `initializers.orthogonal`: kernels of any rank whose columns, or rows, are orthonormal.
import type { Initializer, Tfjs } from "../tfjs.ts";

export interface OrthogonalArgs {
  /** What the orthonormal vectors are multiplied by. Default 1. */
  gain?: number;
  /** Absent: the run's. */
  seed?: number;
}

/**
 * Saxe et al. 2014: W [N, C] = gain · Q, uniformly among matrices with QᵀQ = 1 (N ≥ C) or QQᵀ = 1 (N < C). Kernels of more
 * than two axes are taken as [N, C] with the last axis for C, as in Keras and PyTorch. It is tfjs's class with the same
 * arguments, and is saved as that; but tfjs's own takes minutes for a kernel of a usual size.
 */
export function orthogonal(tf: Tfjs, args: OrthogonalArgs = {}): Initializer {
  const initializer = tf.initializers.orthogonal(args);
  const { gain = 1, seed } = args;
  initializer.apply = (shape) => {
    const columns = shape.at(-1)!;
    if (shape.length < 2)
      throw new Error(
        `orthogonal is to draw a weight of shape [${shape.join(", ")}], and needs two axes: give it to kernels, not to biases`,
      );
    const rows = shape.slice(0, -1).reduce<number>((product, size) => product * size!, 1);
    return tf.tidy(() => {
      const normal = tf.randomNormal([rows, columns], 0, 1, "float32", seed);
      const values = orthonormal(normal.dataSync(), rows, columns);
      for (let i = 0; i < values.length; i++) values[i] *= gain;
      return tf.tensor(new Float32Array(values), shape as number[]);
    });
  };
  return initializer;
}

/**
 * Gram–Schmidt on the columns of an [N, C] matrix, or on its rows where they are fewer, each against all before it, twice:
 * once would lose orthogonality to rounding (Giraud et al. 2005). The signs are those of a QR decomposition with a positive
 * diagonal, so that normal numbers give the uniform distribution (Mezzadri 2007).
 *
 * A sum waits for each of its additions, so two are made at once: a vector goes through its second time while the next one
 * goes through its first. Each of them sees the same operations in the same order as alone.
 */
function orthonormal(matrix: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const isWide = rows < columns;
  const [vectors, length] = isWide ? [rows, columns] : [columns, rows];
  const [stride, step] = isWide ? [columns, 1] : [1, columns];
  const own = Array.from({ length: vectors }, (_, vector) => {
    const values = new Float64Array(length);
    for (let i = 0; i < length; i++) values[i] = matrix[vector * stride + i * step];
    return values;
  });
  const nobody = new Float64Array(length);
  for (const [index, vector] of own.entries()) {
    const next = own[index + 1] ?? nobody;
    if (index > 0) subtractAll(own, index, vector, next);
    const norm = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < length; i++) vector[i] /= norm;
    subtract(next, vector, dot(next, vector)); // the last of its first time
  }
  const result = new Float64Array(matrix.length);
  for (const [vector, values] of own.entries())
    for (let i = 0; i < length; i++) result[vector * stride + i * step] = values[i];
  return result;
}

/** Takes the parts along the first `count` of `own`, one after the other, out of both vectors. */
function subtractAll(own: readonly Float64Array[], count: number, a: Float64Array, b: Float64Array): void {
  const { length } = a;
  let alongA = dot(a, own[0]);
  let alongB = dot(b, own[0]);
  for (let before = 0; before < count; before++) {
    const unit = own[before];
    const following = own[Math.min(before + 1, count - 1)];
    let sumA = 0;
    let sumB = 0;
    for (let i = 0; i < length; i++) {
      const restA = a[i] - alongA * unit[i];
      const restB = b[i] - alongB * unit[i];
      a[i] = restA;
      b[i] = restB;
      sumA += restA * following[i];
      sumB += restB * following[i];
    }
    alongA = sumA;
    alongB = sumB;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function subtract(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] -= factor * b[i];
}
