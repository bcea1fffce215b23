// The moving average of a network's weights, which draws better samples than the weights of any one step.

/** average = decay·average + (1 - decay)·weights, in place; in double, rounded once. */
export interface AveragingLoop {
  readonly kind: "average";
  readonly average: Float32Array;
  readonly weights: Float32Array;
  readonly decay: number;
}

export function averagingLoop({ average, weights, decay }: AveragingLoop, start: number, end: number): void {
  for (let i = start; i < end; i++) average[i] += (1 - decay) * (weights[i] - average[i]);
}

/**
 * A decay that starts low, so that the average forgets the random first weights: min(decay, (1 + t) / (10 + t)) after
 * `t` earlier updates, as TensorFlow's ExponentialMovingAverage with `num_updates`.
 */
export function warmUpDecay(decay: number, t: number): number {
  return Math.min(decay, (1 + t) / (10 + t));
}
