// How far a step's outputs are from the right ones.
import { relativeError } from "./relative-error.ts";

type Arrays = Readonly<Record<string, Float32Array>>;

/** Beside the largest gradient of the step. */
const NOTHING = 1e-6;

/**
 * Relative error in the L2 norm, by output. A bias before batch normalization has no gradient, and what is there is what
 * rounding left of it: such gradients count beside the largest one of the step. An output that is missing is off by
 * infinity.
 */
export function errorsOfStep(actual: Arrays, expected: Arrays): Readonly<Record<string, number>> {
  const isGradient = (name: string): boolean => name.startsWith("gradient/");
  const gradients = Object.entries(expected).filter(([name]) => isGradient(name));
  const largest = Math.max(0, ...gradients.map(([, array]) => norm(array)));
  const errors = Object.entries(expected).map(([name, array]) => {
    const other = actual[name];
    if (other === undefined) return [name, Number.POSITIVE_INFINITY] as const;
    const isNothing = isGradient(name) && norm(array) < NOTHING * largest;
    return [name, isNothing ? finite(norm(other) / largest) : relativeError(other, array)] as const;
  });
  return Object.fromEntries(errors);
}

function finite(error: number): number {
  return Number.isFinite(error) ? error : Number.POSITIVE_INFINITY;
}

function norm(array: Float32Array): number {
  return Math.sqrt(array.reduce((sum, value) => sum + value * value, 0));
}
