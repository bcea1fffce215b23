// A form as the image that it is.
import type { GraphBuilder } from "../../graph-builder.ts";
import type { Hwbc } from "../lowering.ts";
import { type Form, type Term, isMoved, nameOf } from "./form.ts";
import { product, summed } from "./vectors.ts";

/** In the order of axes in which its images are held. */
export function writtenForm(
  builder: GraphBuilder,
  { terms, offsets }: Form,
  shape: readonly number[],
): string | Hwbc {
  const order = terms.some(({ base }) => isMoved(base)) ? "hwbc" : "name";
  const offset = summed(builder, offsets);
  if (terms.length === 0) {
    if (!offset) return builder.node("Expand", [builder.scalar(0), builder.ints(shape)]);
    const number = offset.sign === 1 ? offset.name : builder.node("Neg", [offset.name]);
    return builder.node("Expand", [number, builder.ints(shape)]);
  }
  const scaled = ({ base, factor }: Term): string => {
    const image = nameOf(builder, base, shape, order);
    return factor === null ? image : builder.node("Mul", [image, factor]);
  };
  const [first, ...others] = terms.toSorted((a, b) => b.sign - a.sign); // what is added comes first
  const start =
    first.sign === 1 ? first : { ...first, factor: product(builder, first.factor, builder.scalar(-1)) };
  let sum = scaled(start);
  for (const term of others) sum = builder.node(term.sign === 1 ? "Add" : "Sub", [sum, scaled(term)]);
  if (offset) sum = builder.node(offset.sign === 1 ? "Add" : "Sub", [sum, offset.name]);
  return order === "hwbc" ? { hwbc: sum } : sum;
}
