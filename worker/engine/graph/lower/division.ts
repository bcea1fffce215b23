// Quotients rounded down, remainders and angles: where signs decide.
import type { GraphBuilder } from "../graph-builder.ts";
import type { KernelCall } from "./lowering.ts";
import { cast, scalar } from "./types.ts";

/** a - b · ⌊a / b⌋: its sign is b's. An integer's remainder by zero is 0 (tfjs's NaN, stored as an integer). */
export function remainder(builder: GraphBuilder, { inputs: { a, b } }: KernelCall): string {
  if (a.dtype === "int32") return builder.node("Mod", [a.name, nonZero(builder, b.name)], { fmod: 0 });
  const fmod = (x: string, y: string): string => builder.node("Mod", [x, y], { fmod: 1 });
  const truncated = fmod(a.name, b.name);
  const lifted = fmod(builder.node("Add", [truncated, b.name]), b.name);
  const zero = builder.scalar(0);
  const signsDiffer = builder.node("Xor", [
    builder.node("Less", [a.name, zero]),
    builder.node("Less", [b.name, zero]),
  ]);
  return builder.node("Where", [signsDiffer, lifted, truncated]);
}

/** ⌊a / b⌋ as int32; an integer divided by zero is 0, as in tfjs. */
export function floorQuotient(builder: GraphBuilder, { inputs: { a, b } }: KernelCall): string {
  if (a.dtype === "float32") {
    const quotient = builder.node("Floor", [builder.node("Div", [a.name, b.name])]);
    return cast(builder, { name: quotient, dtype: "float32" }, "int32");
  }
  const divisor = nonZero(builder, b.name);
  const multiple = builder.node("Sub", [a.name, builder.node("Mod", [a.name, divisor], { fmod: 0 })]);
  const zero = scalar(builder, "int32", 0);
  return builder.node("Where", [
    builder.node("Equal", [b.name, zero]),
    zero,
    builder.node("Div", [multiple, divisor]),
  ]);
}

/** A processor stops the process where an integer is divided by zero. */
function nonZero(builder: GraphBuilder, divisor: string): string {
  const isZero = builder.node("Equal", [divisor, scalar(builder, "int32", 0)]);
  return builder.node("Where", [isZero, scalar(builder, "int32", 1), divisor]);
}

/**
 * The angle of the point (b, a), in (-π, π]: atan(a / b), and half a turn more where b is negative. The operands are
 * clipped to finite numbers, so that two infinities have a quotient (an infinity is then 3.4e38); 0 / 0 counts as 0 / 1.
 */
export function arcTangentOfQuotient(builder: GraphBuilder, { inputs }: KernelCall): string {
  const node = (op: string, ...names: string[]): string => builder.node(op, names);
  const largest = 3.4028234e38;
  const finite = (name: string): string =>
    node("Clip", name, builder.scalar(-largest), builder.scalar(largest));
  const [y, x] = [finite(inputs["a"].name), finite(inputs["b"].name)];
  const zero = builder.scalar(0);
  const origin = node("And", node("Equal", x, zero), node("Equal", y, zero));
  const angle = node("Atan", node("Div", y, node("Where", origin, builder.scalar(1), x)));
  const half = node("Where", isNegative(builder, y), builder.scalar(-Math.PI), builder.scalar(Math.PI));
  return node("Where", isNegative(builder, x), node("Add", angle, half), angle);
}

/** True for -0 as well, whose reciprocal is -∞. */
function isNegative(builder: GraphBuilder, name: string): string {
  const zero = builder.scalar(0);
  const reciprocal = builder.node("Reciprocal", [name]);
  return builder.node("Or", [builder.node("Less", [name, zero]), builder.node("Less", [reciprocal, zero])]);
}
