// Times of steps as a speed; the median is robust against a neighbour's burst of load.

export interface Speed {
  readonly medianMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
  /** Processor time of a step and thread, which other load on the machine changes least. */
  readonly cpuMs: number;
  readonly imagesPerSecond: number;
  /** The most memory that all its processes had. */
  readonly peakBytes?: number;
}

/** Times by the clock and processor times of the same steps, at least one; `images` a step. */
export function speedOf(timesMs: readonly number[], cpuMs: readonly number[], images: number): Speed {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const medianMs = median(sorted);
  return {
    medianMs,
    leastMs: sorted[0],
    mostMs: sorted.at(-1)!,
    cpuMs: median(cpuMs),
    imagesPerSecond: (images / medianMs) * 1000,
  };
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}
