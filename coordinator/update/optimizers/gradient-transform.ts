// Transforms a mean gradient before the optimizer's rule: clipping by value, then L2.
import { type Kernel, element, greatest, least, number, plus, times } from "../../../shared/simd/formula.ts";

/** In place: gradient = clip(gradient · scale, ± bound) + λ·w, rounded to float32 once. Vectors are [P] of one network. */
export interface GradientTransformLoop {
  readonly kind: "gradient-transform";
  readonly gradient: Float32Array;
  readonly weights: Float32Array;
  readonly scale: number;
  readonly bound: number;
  /** λ */
  readonly l2: number;
}

export function gradientTransformLoop(loop: GradientTransformLoop, start: number, end: number): void {
  const { gradient, weights, scale, bound, l2 } = loop;
  for (let i = start; i < end; i++) {
    const mean = Math.max(-bound, Math.min(bound, gradient[i] * scale));
    gradient[i] = mean + l2 * weights[i];
  }
}

/** The loop as a kernel; `floor` is -bound. */
export const GRADIENT_TRANSFORM: Kernel = {
  vectors: ["gradient", "weights"],
  numbers: ["scale", "bound", "floor", "l2"],
  writes: {
    gradient: plus(
      greatest(number("floor"), least(number("bound"), times(element("gradient"), number("scale")))),
      times(number("l2"), element("weights")),
    ),
  },
};
