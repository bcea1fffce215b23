// An image as a sum of images, each times a number for each channel, and of such numbers: written out when it is wanted.
import type { GraphBuilder } from "../../graph-builder.ts";
import { operandOf } from "../axis-order/hwbc.ts";
import type { Hwbc } from "../lowering.ts";
import { type Factor, type Signed, added, negated, product, scaledBy, summed } from "./vectors.ts";

/** What is there already, or the product of two such. */
export type Base = { readonly held: string | Hwbc } | { readonly product: readonly [Base, Base] };

export interface Term {
  readonly base: Base;
  readonly factor: Factor;
  readonly sign: 1 | -1;
}

/** Σ sign · factor ⊙ base + Σ offsets, channels along the last axis. */
export interface Form {
  readonly terms: readonly Term[];
  readonly offsets: readonly Signed[];
}

/** More would be passes that another sum saves. */
const MOST_TERMS = 2;

export function plainForm(held: string | Hwbc): Form {
  return { terms: [{ base: { held }, factor: null, sign: 1 }], offsets: [] };
}

/** Whether it is an image that is there, as it is. */
export function isPlain({ terms, offsets }: Form): boolean {
  const [first] = terms;
  return terms.length === 1 && offsets.length === 0 && "held" in first.base && first.factor === null && first.sign === 1; // prettier-ignore
}

export function scaledForm(builder: GraphBuilder, { terms, offsets }: Form, factor: Factor): Form {
  return {
    terms: terms.map((term) => ({ ...term, factor: product(builder, term.factor, factor) })),
    offsets: scaledBy(builder, offsets, factor),
  };
}

export function shiftedForm({ terms, offsets }: Form, by: readonly Signed[]): Form {
  return { terms, offsets: added(offsets, by) };
}

export function negatedForm({ terms, offsets }: Form): Form {
  return {
    terms: terms.map((term) => ({ ...term, sign: term.sign === 1 ? -1 : 1 })),
    offsets: negated(offsets),
  };
}

/** Null where it would have too many terms. */
export function sumForm(builder: GraphBuilder, a: Form, b: Form): Form | null {
  const terms = [...a.terms];
  for (const next of b.terms) {
    const same = terms.findIndex(({ base }) => keyOf(base) === keyOf(next.base));
    if (same < 0) terms.push(next);
    else {
      const [factor, other] = [terms[same], next].map((term) => term.factor ?? builder.scalar(1));
      const { sign } = terms[same];
      terms[same] = {
        ...next,
        sign,
        factor: builder.node(sign === next.sign ? "Add" : "Sub", [factor, other]),
      };
    }
  }
  return terms.length > MOST_TERMS ? null : { terms, offsets: added(a.offsets, b.offsets) };
}

/** The product of single images; null where one is a sum. */
export function productForm(builder: GraphBuilder, a: Form, b: Form): Form | null {
  if (a.terms.length === 0 || b.terms.length === 0) {
    const [image, number] = b.terms.length === 0 ? [a, b] : [b, a];
    const factor = summed(builder, number.offsets);
    if (!factor) return { terms: [], offsets: [] };
    const scaled = scaledForm(builder, image, factor.name);
    return factor.sign === 1 ? scaled : negatedForm(scaled);
  }
  const isSingle = ({ terms, offsets }: Form): boolean =>
    terms.length === 1 && offsets.length === 0 && "held" in terms[0].base;
  if (!isSingle(a) || !isSingle(b)) return null;
  const [x, y] = [a.terms[0], b.terms[0]];
  const factor = product(builder, x.factor, y.factor);
  return {
    terms: [{ base: { product: [x.base, y.base] }, factor, sign: x.sign === y.sign ? 1 : -1 }],
    offsets: [],
  };
}

export function isMoved(base: Base): boolean {
  return "held" in base ? typeof base.held !== "string" : base.product.some(isMoved);
}

export function keyOf(base: Base): string {
  if ("product" in base) return base.product.map(keyOf).toSorted().join(" · ");
  return typeof base.held === "string" ? base.held : `${base.held.hwbc}, moved`;
}

/** Equal for forms that are the same sum. */
export function formKey({ terms, offsets }: Form): string {
  const parts = [
    ...terms.map(({ base, factor, sign }) => [keyOf(base), factor, sign]),
    ...offsets.map(({ name, sign }) => [name, sign]),
  ];
  return parts.map((part) => JSON.stringify(part)).toSorted().join(); // prettier-ignore
}

/** The ONNX value of a base of that shape, in one of the two orders of axes. */
export function nameOf(
  builder: GraphBuilder,
  base: Base,
  shape: readonly number[],
  order: "name" | "hwbc",
): string {
  if ("held" in base) return operandOf(builder, { shape, dtype: "float32" }, base.held)[order];
  const [a, b] = base.product.map((factor) => nameOf(builder, factor, shape, order));
  return builder.node("Mul", [a, b]);
}
