// Numbers of channels, [C] or one for all, as ONNX values: the coefficients of `ChannelForms`. Their arithmetic costs nothing.
import type { GraphBuilder } from "../../graph-builder.ts";

/** The name of a [C] or scalar value; null is 1 as a factor. */
export type Factor = string | null;

export interface Signed {
  readonly name: string;
  readonly sign: 1 | -1;
}

export function product(builder: GraphBuilder, a: Factor, b: Factor): Factor {
  const [left, right] = [a, b].map((name) => (name !== null && builder.scalarOf(name) === 1 ? null : name));
  if (left === null || right === null) return left ?? right;
  const [x, y] = [builder.scalarOf(left), builder.scalarOf(right)];
  return x !== undefined && y !== undefined ? builder.scalar(x * y) : builder.node("Mul", [left, right]);
}

/** What appears with both signs cancels. */
export function added(offsets: readonly Signed[], more: readonly Signed[]): Signed[] {
  const sum = [...offsets];
  for (const next of more) {
    const opposite = sum.findIndex(({ name, sign }) => name === next.name && sign !== next.sign);
    if (opposite >= 0) sum.splice(opposite, 1);
    else sum.push(next);
  }
  return sum;
}

export function negated(offsets: readonly Signed[]): Signed[] {
  return offsets.map(({ name, sign }) => ({ name, sign: sign === 1 ? -1 : 1 }));
}

/** The sum as one value; null where there are none. */
export function summed(builder: GraphBuilder, offsets: readonly Signed[]): Signed | null {
  const [first, ...others] = offsets.toSorted((a, b) => b.sign - a.sign); // what is added comes first
  if (!first) return null;
  const name = others.reduce(
    (sum, next) => builder.node(next.sign === first.sign ? "Add" : "Sub", [sum, next.name]),
    first.name,
  );
  return { name, sign: first.sign };
}

/** Each offset times a factor. */
export function scaledBy(builder: GraphBuilder, offsets: readonly Signed[], factor: Factor): Signed[] {
  const sum = summed(builder, offsets);
  return sum ? [{ name: product(builder, sum.name, factor) ?? builder.scalar(1), sign: sum.sign }] : [];
}
