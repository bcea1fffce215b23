// Smoothing of a line: an exponential moving average without the bias of its start.

/**
 *   m ← s m + (1 − s) x      y = m / (1 − sⁿ)          n values so far
 *
 * as TensorBoard's charts and Adam's moments (Kingma & Ba 2015, §3) do it. `strength` s is 0 (the values themselves) to
 * below 1; a null stays one and begins nothing anew.
 */
export function smoothed(values: readonly (number | null)[], strength: number): (number | null)[] {
  if (strength === 0) return [...values];
  let [mean, weight] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    mean = strength * mean + (1 - strength) * value;
    weight = strength * weight + (1 - strength);
    return mean / weight;
  });
}
