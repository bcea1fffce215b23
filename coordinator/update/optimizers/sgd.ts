// Stochastic gradient descent: plain, with momentum, with Nesterov's.
import { type Kernel, element, minus, number, plus, times } from "../../../shared/simd/formula.ts";
import type { RuleStep, UpdateRule } from "./rule.ts";

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
export function sgd({ momentum, nesterov }: SgdOptions): UpdateRule<SgdLoop | MomentumLoop> {
  if (momentum === 0) return { moments: [], loop: (step) => ({ ...step, kind: "sgd" }) };
  return {
    moments: ["velocity"],
    loop: (step, { velocity }) => ({ ...step, kind: "momentum", velocity, momentum, nesterov }),
  };
}

export interface SgdLoop extends RuleStep {
  readonly kind: "sgd";
}

export interface MomentumLoop extends RuleStep, SgdOptions {
  readonly kind: "momentum";
  readonly velocity: Float32Array;
}

export function sgdLoop(loop: SgdLoop, start: number, end: number): void {
  const { weights, gradient, next, scale, keep, rate } = loop;
  for (let i = start; i < end; i++) next[i] = keep * weights[i] - rate * scale * gradient[i];
}

export function momentumLoop(loop: MomentumLoop, start: number, end: number): void {
  const { weights, gradient, next, velocity, scale, keep, rate, momentum, nesterov } = loop;
  const ahead = nesterov ? 1 : 0;
  const along = nesterov ? momentum : 1;
  for (let i = start; i < end; i++) {
    const g = gradient[i] * scale;
    const u = momentum * velocity[i] + g;
    velocity[i] = u;
    next[i] = keep * weights[i] - rate * (ahead * g + along * u);
  }
}

const kept = times(number("keep"), element("weights"));

/** `sgdLoop` as a kernel. */
export const SGD: Kernel = {
  vectors: ["weights", "gradient", "next"],
  numbers: ["scale", "keep", "rate"],
  writes: { next: minus(kept, times(times(number("rate"), number("scale")), element("gradient"))) },
};

const g = times(element("gradient"), number("scale"));
const u = plus(times(number("momentum"), element("velocity")), g);

/** `momentumLoop` as a kernel; `ahead` and `along` as there. */
export const MOMENTUM: Kernel = {
  vectors: ["weights", "gradient", "next", "velocity"],
  numbers: ["scale", "keep", "rate", "momentum", "ahead", "along"],
  writes: {
    velocity: u,
    next: minus(kept, times(number("rate"), plus(times(number("ahead"), g), times(number("along"), u)))),
  },
};
