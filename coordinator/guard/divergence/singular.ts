// Where a program may give what is not finite however small its weights: roots and logarithms that come to 0.
import type { Program } from "../../../shared/program/program.ts";

interface Singular {
  /** As in "the losses take …". */
  readonly what: string;
  readonly write: string;
}

/** Kernels whose value or slope at 0 is infinite. */
const AT_ZERO: Readonly<Record<string, Singular>> = {
  Sqrt: { what: "a square root, whose slope at 0 is infinite", write: "tf.sqrt(x.add(1e-12))" },
  Rsqrt: { what: "one over a square root, which is infinite at 0", write: "tf.rsqrt(x.add(1e-12))" },
  Log: { what: "a logarithm, which is infinite at 0", write: "tf.log(x.add(1e-12))" },
  Reciprocal: { what: "one over a number, which is infinite at 0", write: "tf.reciprocal(x.add(1e-12))" },
};

/**
 * The first such call that the user's losses make, in words with the remedy: `the losses take a square root, …`; null
 * where there is none. Layers of tf.layers keep away from 0 by an epsilon of their own.
 */
export function singularLoss({ calls }: Pick<Program, "calls">): string | null {
  const call = calls.find(({ kernel, origin }) => origin === "" && Object.hasOwn(AT_ZERO, kernel));
  if (call === undefined) return null;
  const { what, write } = AT_ZERO[call.kernel];
  return `the losses take ${what}: write ${write}`;
}
