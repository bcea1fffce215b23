// How far numbers are from the right ones.

/** ‖a - b‖ / ‖b‖, or ‖a‖ where b is zero; infinite where either is not finite in different places. */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    if (!Number.isFinite(actual[i]) || !Number.isFinite(expected[i])) return Number.POSITIVE_INFINITY;
    difference += (actual[i] - expected[i]) ** 2;
  }
  for (const value of expected) if (Number.isFinite(value)) norm += value ** 2;
  return Math.sqrt(difference / (norm || 1));
}
