// Cases for kernels that work element by element, and for reductions.
import * as tf from "@tensorflow/tfjs-core";
import type { OracleCase } from "../oracle.ts";

const unary = (name: string, f: (x: tf.Tensor) => tf.Tensor, more: Partial<OracleCase> = {}): OracleCase => ({
  name,
  inputs: [[3, 5]],
  f: (x) => f(x),
  ...more,
});

/** Both operands broadcast, and one of a lower rank. */
const binary = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, more: Partial<OracleCase> = {}): OracleCase[] =>
  [
    [[3, 5], [3, 5]],
    [[3, 1, 5], [4, 1]],
    [[5], [2, 3, 5]],
    [[1], []],
  ].map((inputs) => ({ name: `${name} ${JSON.stringify(inputs)}`, inputs, f, ...more })); // prettier-ignore

/** tfjs's own gradients of these forget to sum over broadcast axes: equal shapes only. */
const sameShape = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, more: Partial<OracleCase> = {}): OracleCase => ({
  name,
  inputs: [[3, 5], [3, 5]],
  f,
  ...more,
}); // prettier-ignore

const flat = { gradient: false } as const;
const edges = [-100, -1, -0.5, 0, 0.5, 1, 2, 6.5, 100];

export const ELEMENTWISE: readonly OracleCase[] = [
  unary("abs", tf.abs),
  unary("acos", tf.acos, { values: "unit" }),
  unary("acosh", (x) => tf.acosh(tf.add(x, 1.5)), { values: "positive" }),
  unary("asin", tf.asin, { values: "unit" }),
  unary("asinh", tf.asinh),
  unary("atan", tf.atan),
  unary("atanh", tf.atanh, { values: "unit" }),
  unary("ceil", tf.ceil),
  unary("cos", tf.cos),
  unary("cosh", tf.cosh),
  unary("elu", tf.elu),
  unary("elu at its kink", tf.elu, { values: edges }),
  unary("selu", tf.selu),
  unary("erf", tf.erf),
  unary("exp", tf.exp),
  unary("expm1", tf.expm1),
  unary("floor", tf.floor),
  unary("log", tf.log, { values: "positive" }),
  unary("log1p", tf.log1p, { values: "positive" }),
  unary("neg", tf.neg),
  unary("reciprocal", tf.reciprocal, { values: "positive" }),
  unary("relu", tf.relu),
  unary("relu at its kink", tf.relu, { values: edges }),
  unary("relu6", tf.relu6, { values: edges }),
  unary("leakyRelu", (x) => tf.leakyRelu(x, 0.2), { values: edges }),
  unary("prelu", (x) => tf.prelu(x, tf.tensor1d([0.1, 0.2, 0.3, 0.4, 0.5]))),
  unary("round, halves to even", tf.round, { values: [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49] }),
  unary("rsqrt", tf.rsqrt, { values: "positive" }),
  unary("sigmoid", tf.sigmoid),
  unary("sigmoid far out", tf.sigmoid, { values: edges }),
  unary("sign", tf.sign, { values: edges }),
  unary("sin", tf.sin),
  unary("sinh", tf.sinh),
  unary("softplus", tf.softplus),
  unary("softplus far out", tf.softplus, { values: edges }),
  unary("sqrt", tf.sqrt, { values: "positive" }),
  unary("square", tf.square),
  unary("step", (x) => tf.step(x, 0.3), { values: edges }),
  unary("tan", tf.tan, { values: "unit" }),
  unary("tanh", tf.tanh),
  unary("clipByValue", (x) => tf.clipByValue(x, -0.5, 0.7)),
  unary("clipByValue at its edges", (x) => tf.clipByValue(x, 0, Number.POSITIVE_INFINITY), { values: edges }),
  unary("cast to int32 and back", (x) => tf.cast(tf.cast(x, "int32"), "float32"), { values: edges, ...flat }),
  unary("cast to bool", (x) => tf.cast(x, "bool"), { values: [0, 1, -2, 0.5], ...flat }),
  ...binary("add", tf.add),
  ...binary("sub", tf.sub),
  ...binary("mul", tf.mul),
  ...binary("div", tf.div, { values: "positive" }),
  sameShape("squaredDifference", tf.squaredDifference),
  ...binary("pow", tf.pow, { values: "positive" }),
  ...binary("maximum, no gradient", tf.maximum, flat),
  ...binary("minimum, no gradient", tf.minimum, flat),
  sameShape("maximum with ties", tf.maximum, { values: "ties" }),
  sameShape("minimum with ties", tf.minimum, { values: "ties" }),
  { name: "addN", inputs: [[2, 3], [2, 3], [2, 3]], f: (...xs) => tf.addN(xs) },
  ...([tf.equal, tf.notEqual, tf.greater, tf.greaterEqual, tf.less, tf.lessEqual] as const).flatMap((f) =>
    binary(f.name, f, { values: "ties", ...flat }),
  ),
  sameShape("logicalAnd, logicalOr, logicalNot", (a, b) => {
    const [p, q] = [tf.greater(a, 0), tf.greater(b, 0)];
    return tf.logicalOr(tf.logicalAnd(p, q), tf.logicalNot(tf.logicalOr(p, q)));
  }, flat),
  sameShape("where", (a, b) => tf.where(tf.tensor1d([true, false, true, true, false], "bool"), a, tf.mul(b, 2))),
  ...(["sum", "mean", "max", "min", "prod"] as const).flatMap((name) =>
    [undefined, 0, -1, [0, 2]].flatMap((axis) =>
      [false, true].map((keepDims): OracleCase => ({
        name: `${name} over ${JSON.stringify(axis) ?? "all"}${keepDims ? ", kept" : ""}`,
        inputs: [[3, 1, 5]],
        f: (x) => tf[name](x, axis, keepDims),
        ...(name === "prod" && flat), // tfjs's gradient of prod needs cumprod
      })),
    ),
  ),
  { name: "max with ties", inputs: [[4, 6]], values: "ties", f: (x) => tf.max(x, -1) },
  { name: "softmax", inputs: [[3, 7]], f: (x) => tf.softmax(x) },
  { name: "softmax of large numbers", inputs: [[2, 3]], values: [1000, 1001, 999, -1000, 0, 5], f: (x) => tf.softmax(x) },
  { name: "logSoftmax", inputs: [[3, 7]], f: (x) => tf.logSoftmax(x) },
  { name: "moments", inputs: [[4, 3, 3, 2]], f: (x) => { const { mean, variance } = tf.moments(x, [0, 1, 2]); return tf.add(mean, variance); } },
  { name: "batchNorm", inputs: [[2, 3, 5, 4], [4], [4], [4], [4]], values: "positive", f: (x, mean, variance, offset, scale) => tf.batchNorm(x, mean, variance, offset, scale, 1e-3) },
]; // prettier-ignore
