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
      const values = orthonormal(Float64Array.from(normal.dataSync()), rows, columns);
      return tf.tensor(
        Float32Array.from(values, (value) => gain * value),
        shape as number[],
      );
    });
  };
  return initializer;
}

/**
 * Gram–Schmidt on the columns of an [N, C] matrix, or on its rows where they are fewer, each against all before it, twice:
 * once would lose orthogonality to rounding (Giraud et al. 2005). The signs are those of a QR decomposition with a positive
 * diagonal, so that normal numbers give the uniform distribution (Mezzadri 2007).
 */
function orthonormal(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const isWide = rows < columns;
  const [vectors, length] = isWide ? [rows, columns] : [columns, rows];
  const at = isWide
    ? (vector: number, i: number): number => vector * columns + i
    : (vector: number, i: number): number => i * columns + vector;
  const own = Array.from({ length: vectors }, (_, vector) =>
    new Float64Array(length).map((_zero, i) => matrix[at(vector, i)]),
  );
  for (const [index, vector] of own.entries()) {
    for (let pass = 0; pass < 2; pass++)
      for (let before = 0; before < index; before++) subtract(vector, own[before], dot(vector, own[before]));
    const norm = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < length; i++) vector[i] /= norm;
  }
  const result = new Float64Array(matrix.length);
  for (const [index, vector] of own.entries()) vector.forEach((value, i) => (result[at(index, i)] = value));
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function subtract(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] -= factor * b[i];
}
