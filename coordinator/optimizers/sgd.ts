// Stochastic gradient descent: plain, with momentum, with Nesterov's.
import type { UpdateRule } from "./rule.ts";

export interface SgdOptions {
  /** μ, 0 ≤ μ < 1. */
  readonly momentum: number;
  readonly nesterov: boolean;
}

/**
 * As tfjs's SGD and Momentum (Sutskever et al. 2013, with the rate outside the velocity):
 *
 *   u = μ·u + g          next = w - rate · u              plain where μ = 0, and no u is kept
 *                        next = w - rate · (g + μ·u)      Nesterov
 */
export function sgd(options: SgdOptions): UpdateRule {
  if (options.momentum === 0) return PLAIN;
  return {
    moments: ["velocity"],
    apply(step, { velocity }) {
      const { weights, gradient, next, start, end, scale, keep, rate } = step;
      const { momentum, nesterov } = options;
      const ahead = nesterov ? 1 : 0;
      const along = nesterov ? momentum : 1;
      for (let i = start; i < end; i++) {
        const g = gradient[i] * scale;
        const u = momentum * velocity[i] + g;
        velocity[i] = u;
        next[i] = keep * weights[i] - rate * (ahead * g + along * u);
      }
    },
  };
}

const PLAIN: UpdateRule = {
  moments: [],
  apply(step) {
    const { weights, gradient, next, start, end, scale, keep, rate } = step;
    for (let i = start; i < end; i++) next[i] = keep * weights[i] - rate * scale * gradient[i];
  },
};
