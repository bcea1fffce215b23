// Features drawn from normal distributions, and the metrics' mean over seeds.
import type { Features } from "../../coordinator/metrics/features.ts";
import { stream } from "../../shared/random/random.ts";

export interface NormalFeatures {
  readonly seed: number;
  readonly count: number;
  readonly size: number;
  /** Mean of every feature. Default 0. */
  readonly mean?: number;
  /** Standard deviation of every feature. Default 1. */
  readonly deviation?: number;
}

/** [count, size] independent normal numbers. */
export function normalFeatures({ seed, count, size, mean = 0, deviation = 1 }: NormalFeatures): Features {
  const random = stream(seed, "features of a test");
  const values = Float32Array.from({ length: count * size }, () => mean + deviation * random.normal());
  return { values, count, size };
}

/** Features of these rows. */
export function featuresOf(rows: readonly (readonly number[])[]): Features {
  return { values: Float32Array.from(rows.flat()), count: rows.length, size: rows[0].length };
}

/** Mean of `values`, and the standard error of that mean. */
export function meanAndError(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
