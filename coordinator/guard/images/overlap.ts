// How well scores tell two sets apart, whatever their scale: the area under the ROC curve.

/** Of real and fake scores, one number each. */
export interface Overlap {
  /** P(a real one scores higher than a fake one), ties half: 0.5 where they cannot be told apart, 1 (or 0) where they always can. */
  readonly area: number;
  /** Distance of their means in standard deviations within them; Infinity where there is none within. */
  readonly gap: number;
  /** Whether all scores are the same, to float32's precision. */
  readonly isConstant: boolean;
}

export function overlapOf(real: readonly number[], fake: readonly number[]): Overlap {
  let higher = 0;
  for (const a of real) for (const b of fake) higher += a > b ? 1 : a === b ? 0.5 : 0;
  const [meanReal, meanFake] = [meanOf(real), meanOf(fake)];
  const within = Math.sqrt((varianceOf(real, meanReal) + varianceOf(fake, meanFake)) / 2);
  const all = [...real, ...fake];
  const range = Math.max(...all) - Math.min(...all);
  const distance = Math.abs(meanReal - meanFake);
  return {
    area: higher / (real.length * fake.length),
    gap: distance === 0 ? 0 : distance / within,
    isConstant: range <= 1e-6 * Math.max(...all.map(Math.abs)),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function varianceOf(values: readonly number[], mean: number): number {
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
