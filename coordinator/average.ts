// The moving average of a network's weights, which draws better samples than the weights of any one step.

/**
 * Moves the exponential moving average of the weights [P] on, in place: ema = decay·ema + (1 - decay)·weights,
 * in double, rounded once. RangeError if the lengths differ.
 */
export function updateAverage(ema: Float32Array, weights: Float32Array, decay: number): void {
  if (weights.length !== ema.length)
    throw new RangeError(`a vector has ${weights.length} values, expected ${ema.length}`);
  for (let i = 0; i < ema.length; i++) ema[i] += (1 - decay) * (weights[i] - ema[i]);
}

/**
 * A decay that starts low, so that the average forgets the random first weights: min(decay, (1 + t) / (10 + t)) after
 * `t` earlier updates, as TensorFlow's ExponentialMovingAverage with `num_updates`.
 */
export function warmUpDecay(decay: number, t: number): number {
  return Math.min(decay, (1 + t) / (10 + t));
}
