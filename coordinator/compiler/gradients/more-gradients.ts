// Gradient functions that tfjs's registry lacks or has wrong, in the registry's own form.
import { CONVOLUTION } from "./convolution.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import type { Gradients } from "./gradient-config.ts";
import { POOLING } from "./pooling.ts";
import { REDUCTION } from "./reduction.ts";
import { SHAPING } from "./shaping.ts";

/**
 * Preferred to the registry's. Each is built of kernels that have gradients themselves, so that any order of
 * derivative can be taken. A partial that is left out is zero; one that is larger than its input because that was
 * broadcast is summed by the caller.
 */
export const MORE_GRADIENTS: Gradients = new Map([
  ...ELEMENTWISE,
  ...REDUCTION,
  ...SHAPING,
  ...CONVOLUTION,
  ...POOLING,
]);
