// Adam, and AdamW, which is the same rule with a decoupled weight decay.
import { type Scheduled, scheduledAt } from "../../../shared/config/scheduled.ts";
import {
  type Kernel,
  element,
  minus,
  number,
  over,
  plus,
  root,
  times,
} from "../../../shared/simd/formula.ts";
import type { RuleStep, UpdateRule } from "./rule.ts";

export interface AdamOptions {
  /** Decay of the first moment, 0 ≤ β1 < 1. */
  readonly beta1: Scheduled;
  /** Decay of the second moment, 0 ≤ β2 < 1. */
  readonly beta2: Scheduled;
  /** Added to √v̂; greater than 0. */
  readonly epsilon: number;
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1), and AdamW (Loshchilov & Hutter 2019, algorithm 2) where keep < 1:
 *
 *   m = β1·m + (1 - β1)·g            v = β2·v + (1 - β2)·g²
 *   next = keep·w - rate · m̂ / (√v̂ + ε),   m̂ = m / (1 - β1^t),  v̂ = v / (1 - β2^t)
 *
 * Where β changes over time, it is the present one in all of these, in the corrections too: as in PyTorch, whose step reads
 * the group's `betas`.
 *
 * In double, each of m, v and next rounded to float32 once, as it is stored. The loop has the bias corrections moved out:
 * m̂ / (√v̂ + ε) = m·√c2/c1 / (√v + ε·√c2), with c = 1 - β^t.
 */
export function adam({ epsilon, ...betas }: AdamOptions): UpdateRule<AdamLoop> {
  return {
    moments: ["m", "v"],
    loop(step, { m, v }, at) {
      const [beta1, beta2] = [scheduledAt(betas.beta1, at), scheduledAt(betas.beta2, at)];
      const correction = Math.sqrt(1 - beta2 ** step.t);
      const rate = (step.rate * correction) / (1 - beta1 ** step.t);
      return { ...step, kind: "adam", m, v, beta1, beta2, rate, floor: epsilon * correction };
    },
  };
}

export interface AdamLoop extends RuleStep {
  readonly kind: "adam";
  readonly m: Float32Array;
  readonly v: Float32Array;
  readonly beta1: number;
  readonly beta2: number;
  /** ε, with the bias correction that was moved out of the root. */
  readonly floor: number;
}

export function adamLoop(loop: AdamLoop, start: number, end: number): void {
  const { weights, gradient, next, m, v, scale, keep, beta1, beta2, rate, floor } = loop;
  const rest1 = 1 - beta1;
  const rest2 = 1 - beta2;
  for (let i = start; i < end; i++) {
    const g = gradient[i] * scale;
    const first = beta1 * m[i] + rest1 * g;
    const second = beta2 * v[i] + rest2 * g * g;
    m[i] = first;
    v[i] = second;
    next[i] = keep * weights[i] - (rate * first) / (Math.sqrt(second) + floor);
  }
}

const g = times(element("gradient"), number("scale"));
const first = plus(times(number("beta1"), element("m")), times(number("rest1"), g));
const second = plus(times(number("beta2"), element("v")), times(times(number("rest2"), g), g));

/** `adamLoop` as a kernel; rest = 1 - β. */
export const ADAM: Kernel = {
  vectors: ["weights", "gradient", "next", "m", "v"],
  numbers: ["scale", "keep", "beta1", "rest1", "beta2", "rest2", "rate", "floor"],
  writes: {
    m: first,
    v: second,
    next: minus(
      times(number("keep"), element("weights")),
      over(times(number("rate"), first), plus(root(second), number("floor"))),
    ),
  },
};
