// Makes code that draws from Math.random (tf.layers initializers) a function of the run's seed.
import { stream } from "../../../shared/random/random.ts";

/**
 * Runs `fn` with Math.random replaced by the stream (seed, ...path), and puts it back, also when `fn` throws.
 *
 * `fn` must be synchronous: a promise would run on after Math.random is back, so it is refused with a TypeError.
 */
export function withSeededMathRandom<T>(seed: number, path: readonly (string | number)[], fn: () => T): T {
  const random = stream(seed, ...path);
  const original = Math.random;
  Math.random = () => random.uniform();
  try {
    const result = fn();
    if (result instanceof Promise) {
      throw new TypeError("withSeededMathRandom got an async function: draw what is random synchronously");
    }
    return result;
  } finally {
    Math.random = original;
  }
}
