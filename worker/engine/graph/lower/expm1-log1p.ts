// exp(x) - 1 and log(1 + x) without the cancellation near zero.
import type { GraphBuilder } from "../graph-builder.ts";

/**
 * exp(x) - 1 = 2t / (1 - t) with t = tanh(x / 2): near zero nothing cancels, as tanh is accurate there. From 1 on
 * the difference itself is the accurate form, and tanh saturates.
 */
export function exponentialMinusOne(builder: GraphBuilder, x: string): string {
  const node = (op: string, ...inputs: string[]): string => builder.node(op, inputs);
  const t = builder.exact("Tanh", [node("Mul", x, builder.scalar(0.5))]);
  const near = node("Div", node("Add", t, t), node("Sub", builder.scalar(1), t));
  const far = node("Sub", node("Exp", x), builder.scalar(1));
  return node("Where", node("Less", node("Abs", x), builder.scalar(1)), near, far);
}

/**
 * log(1 + x) = x · log(u) / (u - 1) with u the rounded 1 + x: the error of u cancels in the quotient (Goldberg,
 * "What every computer scientist should know about floating-point arithmetic", 1991, theorem 4). Where u is 1, x.
 */
export function logarithmOfOnePlus(builder: GraphBuilder, x: string): string {
  const node = (op: string, ...inputs: string[]): string => builder.node(op, inputs);
  const one = builder.scalar(1);
  const u = node("Add", x, one);
  const logarithm = builder.exact("Log", [u]);
  const corrected = node("Div", node("Mul", x, logarithm), node("Sub", u, one));
  const near = node("Where", node("Equal", u, one), x, corrected);
  return node("Where", node("Less", node("Abs", x), one), near, logarithm);
}
