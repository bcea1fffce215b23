// Optimizers over flat vectors: plain loops, arithmetic in double, no engine.

/** Adam's settings; the ranges are checked with the config. */
export interface AdamOptions {
  readonly learningRate: number;
  /** Decay of the first moment, 0 ≤ β1 < 1. */
  readonly beta1: number;
  /** Decay of the second moment, 0 ≤ β2 < 1. */
  readonly beta2: number;
  /** Added to √v̂; greater than 0. */
  readonly epsilon: number;
}

/** What a checkpoint keeps of an optimizer: updates made, and the moments [P]. */
export interface AdamState {
  readonly t: number;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

export interface Update {
  /** [P], version v. */
  readonly weights: Float32Array;
  /** [P], the sum over the shards. */
  readonly gradient: Float32Array;
  /** Makes the sum a mean: 1 / S. */
  readonly scale: number;
  /** [P], version v + 1 is written here; may be `weights` itself. */
  readonly next: Float32Array;
}

export interface Adam {
  /** The live moments, not a copy: they change with the next update. */
  readonly state: AdamState;
  /** Takes one step. The gradient must have been found finite by `measure`; RangeError for a wrong length. */
  update(update: Update): void;
  /** Copies the moments of a checkpoint in; RangeError for a wrong length. */
  restore(state: AdamState): void;
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1), with g = gradient · scale:
 *
 *   m = β1·m + (1 - β1)·g            v = β2·v + (1 - β2)·g²
 *   next = weights - lr · m̂ / (√v̂ + ε),   m̂ = m / (1 - β1^t),  v̂ = v / (1 - β2^t)
 *
 * In double, each of m, v and next rounded to float32 once, as it is stored. The loop has the bias corrections moved out:
 * m̂ / (√v̂ + ε) = m·√c2/c1 / (√v + ε·√c2), with c = 1 - β^t.
 */
export function createAdam(options: AdamOptions, length: number): Adam {
  const { learningRate, beta1, beta2, epsilon } = options;
  const m = new Float32Array(length);
  const v = new Float32Array(length);
  let t = 0;
  return {
    get state() {
      return { t, m, v };
    },
    update({ weights, gradient, scale, next }) {
      for (const vector of [weights, gradient, next]) checkLength(vector, length);
      t += 1;
      const root = Math.sqrt(1 - beta2 ** t);
      const rate = (learningRate * root) / (1 - beta1 ** t);
      adamLoop({ weights, gradient, next, m, v, beta1, beta2, scale, rate, epsilon: epsilon * root });
    },
    restore(state) {
      for (const vector of [state.m, state.v]) checkLength(vector, length);
      m.set(state.m);
      v.set(state.v);
      t = state.t;
    },
  };
}

/** What is known of a gradient before it is applied. */
export interface Measure {
  /** L2 norm of gradient · scale. */
  readonly norm: number;
  /** False if any value is NaN or infinite, or the norm is over 1.8e19: its square would overflow Adam's float32 moments. */
  readonly finite: boolean;
}

/** Looks at a gradient [P] without changing anything, so that the caller can refuse the update before it begins. */
export function measure(gradient: Float32Array, scale: number): Measure {
  let squares = 0; // in double: 1e9 squares of the largest float32 do not overflow
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i] * scale;
    squares += g * g;
  }
  return { norm: Math.sqrt(squares), finite: squares <= LARGEST_FLOAT32 };
}

/**
 * Moves the exponential moving average of the weights [P] on, in place: ema = decay·ema + (1 - decay)·weights,
 * in double, rounded once. RangeError if the lengths differ.
 */
export function updateAverage(ema: Float32Array, weights: Float32Array, decay: number): void {
  checkLength(weights, ema.length);
  for (let i = 0; i < ema.length; i++) ema[i] += (1 - decay) * (weights[i] - ema[i]);
}

/**
 * A decay that starts low, so that the average forgets the random first weights: min(decay, (1 + t) / (10 + t)) after
 * `t` earlier updates, as TensorFlow's ExponentialMovingAverage with `num_updates`.
 */
export function warmUpDecay(decay: number, t: number): number {
  return Math.min(decay, (1 + t) / (10 + t));
}

const LARGEST_FLOAT32 = 3.4028234663852886e38;

interface AdamLoop {
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly next: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
  readonly beta1: number;
  readonly beta2: number;
  readonly scale: number;
  readonly rate: number;
  readonly epsilon: number;
}

function adamLoop(loop: AdamLoop): void {
  const { weights, gradient, next, m, v, beta1, beta2, scale, rate, epsilon } = loop;
  const rest1 = 1 - beta1;
  const rest2 = 1 - beta2;
  for (let i = 0; i < next.length; i++) {
    const g = gradient[i] * scale;
    const first = beta1 * m[i] + rest1 * g;
    const second = beta2 * v[i] + rest2 * g * g;
    m[i] = first;
    v[i] = second;
    next[i] = weights[i] - (rate * first) / (Math.sqrt(second) + epsilon);
  }
}

function checkLength(vector: Float32Array, length: number): void {
  if (vector.length !== length)
    throw new RangeError(`a vector has ${vector.length} values, expected ${length}`);
}
