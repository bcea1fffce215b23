// RMSprop: steps of a size that does not depend on the gradient's, by a running mean of its square.
import {
  type Kernel,
  element,
  greatest,
  minus,
  number,
  over,
  plus,
  root,
  times,
} from "../../../shared/simd/formula.ts";
import type { RuleStep, UpdateRule } from "./rule.ts";

export interface RmspropOptions {
  /** ρ of the mean square, 0 ≤ ρ < 1. */
  readonly decay: number;
  /** μ, 0 ≤ μ < 1. */
  readonly momentum: number;
  readonly centered: boolean;
  /** Greater than 0. */
  readonly epsilon: number;
}

/**
 * RMSprop (Tieleman & Hinton 2012; centered: Graves 2013), as TensorFlow and tfjs have it, ε under the root:
 *
 *   s = ρ·s + (1 - ρ)·g²          c = ρ·c + (1 - ρ)·g  where centered, else c = 0
 *   u = μ·u + rate · g / √(max(0, s - c²) + ε)          next = w - u
 *
 * One thing differs from tfjs 4.22: there the centered root is √(s - c² - ε), which is NaN for every weight whose
 * gradient hardly varies.
 */
export function rmsprop(options: RmspropOptions): UpdateRule<RmspropLoop> {
  const { decay, momentum, centered, epsilon } = options;
  const moments = ["square", ...(centered ? ["mean"] : []), ...(momentum > 0 ? ["velocity"] : [])];
  return {
    moments,
    loop: (step, { square, mean = NONE, velocity = NONE }) => ({
      ...step,
      kind: "rmsprop",
      square,
      mean,
      velocity,
      decay,
      momentum,
      centered,
      epsilon,
    }),
  };
}

/** Stands for a moment that is not kept. */
const NONE = new Float32Array(new SharedArrayBuffer(0));

export interface RmspropLoop extends RuleStep, RmspropOptions {
  readonly kind: "rmsprop";
  readonly square: Float32Array;
  /** Empty unless centered. */
  readonly mean: Float32Array;
  /** Empty where there is no momentum. */
  readonly velocity: Float32Array;
}

export function rmspropLoop(loop: RmspropLoop, start: number, end: number): void {
  const { weights, gradient, next, square, mean, velocity, scale, keep, rate } = loop;
  const { decay, momentum, centered, epsilon } = loop;
  const rest = 1 - decay;
  for (let i = start; i < end; i++) {
    const g = gradient[i] * scale;
    const s = decay * square[i] + rest * g * g;
    square[i] = s;
    let variance = s;
    if (centered) {
      const c = decay * mean[i] + rest * g;
      mean[i] = c;
      variance = Math.max(0, s - c * c); // float32 moments: a rounding below 0 is none
    }
    let u = (rate * g) / Math.sqrt(variance + epsilon);
    if (momentum > 0) {
      u += momentum * velocity[i];
      velocity[i] = u;
    }
    next[i] = keep * weights[i] - u;
  }
}

const g = times(element("gradient"), number("scale"));
const s = plus(times(number("decay"), element("square")), times(times(number("rest"), g), g));
const c = plus(times(number("decay"), element("mean")), times(number("rest"), g));

/** `rmspropLoop` as a kernel, with what a run has of it; rest = 1 - ρ. */
function rmspropKernel(centered: boolean, momentum: boolean): Kernel {
  const variance = centered ? greatest(number("zero"), minus(s, times(c, c))) : s;
  const step = over(times(number("rate"), g), root(plus(variance, number("epsilon"))));
  const u = momentum ? plus(step, times(number("momentum"), element("velocity"))) : step;
  return {
    vectors: ["weights", "gradient", "next", "square"].concat(
      centered ? "mean" : [],
      momentum ? "velocity" : [],
    ),
    numbers: ["scale", "keep", "rate", "decay", "rest", "momentum", "epsilon", "zero"],
    writes: {
      square: s,
      ...(centered && { mean: c }),
      ...(momentum && { velocity: u }),
      next: minus(times(number("keep"), element("weights")), u),
    },
  };
}

export const RMSPROP_KERNELS: Readonly<Record<string, Kernel>> = Object.fromEntries(
  [true, false].flatMap((centered) =>
    [0, 0.9].map((momentum) => [
      rmspropKernelName({ centered, momentum }),
      rmspropKernel(centered, momentum > 0),
    ]),
  ),
);

export function rmspropKernelName({
  centered,
  momentum,
}: Pick<RmspropLoop, "centered" | "momentum">): string {
  return `rmsprop${centered ? " centered" : ""}${momentum > 0 ? " momentum" : ""}`;
}
