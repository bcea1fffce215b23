// What a kernel computes with every element of its vectors, as data.

/**
 * A number in double, as JavaScript computes it: `element` of a float32 vector, a `number` that is the same for all
 * elements, or what is made of others. The same object in two places is computed once.
 */
export type Formula =
  | { readonly kind: "element"; readonly vector: string }
  | { readonly kind: "number"; readonly name: string }
  | { readonly kind: BinaryKind; readonly left: Formula; readonly right: Formula }
  | { readonly kind: "root"; readonly of: Formula };

export type BinaryKind = "sum" | "difference" | "product" | "quotient" | "least" | "greatest";

/** One pass over vectors that are of one length and indexed alike. */
export interface Kernel {
  /** All that it reads and writes, in the order of a call. */
  readonly vectors: readonly string[];
  /** In the order of a call. */
  readonly numbers: readonly string[];
  /** By vector: what is written to it, rounded to float32 once; every element is read before it is written. */
  readonly writes: Readonly<Record<string, Formula>>;
  /**
   * What the call returns the sum of, over all elements: four sums beside each other, of every fourth element, then
   * (a + b) + (c + d); the last 1 to 3 elements, where their number is no multiple of 4, are a's.
   */
  readonly sum?: Formula;
}

export const element = (vector: string): Formula => ({ kind: "element", vector });
export const number = (name: string): Formula => ({ kind: "number", name });
export const plus = (left: Formula, right: Formula): Formula => ({ kind: "sum", left, right });
export const minus = (left: Formula, right: Formula): Formula => ({ kind: "difference", left, right });
export const times = (left: Formula, right: Formula): Formula => ({ kind: "product", left, right });
export const over = (left: Formula, right: Formula): Formula => ({ kind: "quotient", left, right });
export const least = (left: Formula, right: Formula): Formula => ({ kind: "least", left, right });
export const greatest = (left: Formula, right: Formula): Formula => ({ kind: "greatest", left, right });
export const root = (of: Formula): Formula => ({ kind: "root", of });
