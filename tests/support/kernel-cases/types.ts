// Cases for quotients and angles where signs decide, for int32 and bool operands, and for what is not finite.
import * as tf from "@tensorflow/tfjs-core";
import type { OracleCase } from "../oracle.ts";

const int = (x: tf.Tensor): tf.Tensor => tf.cast(x, "int32");
const bool = (x: tf.Tensor): tf.Tensor => tf.greater(x, 0);

const SIGNS = [-7, 7, -7, 7, 3, -3, 0, 6, -6, 2.5, -2.5, 0.5];
const WHOLE = [-7, 7, -6, 5, 3, -3, 2, 0, 1, -1];

/** The second operand runs through the same values from another place. */
const pair = (
  name: string,
  f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  values: readonly number[],
): OracleCase => ({
  name,
  inputs: [[values.length], [values.length]],
  values,
  f: (a, b) => f(a, tf.concat([tf.slice(b, [3], [values.length - 3]), tf.slice(b, [0], [3])])),
  gradient: false,
});

const ints = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): OracleCase =>
  pair(`${name} of integers`, (a, b) => f(int(a), int(b)), WHOLE);

const bools = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): OracleCase =>
  pair(`${name} of truth values`, (a, b) => f(bool(a), bool(b)), [1, 0, 1, 1, 0, 0, 1, 0]);

const ofInts = (name: string, f: (x: tf.Tensor) => tf.Tensor): OracleCase => ({
  name: `${name} of integers`,
  inputs: [[3, 4]],
  values: [-5, 3, 0, 2, 1, -1, 4],
  f: (x) => f(int(x)),
  gradient: false,
});

const ofBools = (name: string, f: (x: tf.Tensor) => tf.Tensor): OracleCase => ({
  name: `${name} of truth values`,
  inputs: [[3, 4]],
  f: (x) => f(bool(x)),
  gradient: false,
});

/** One magnitude a case, so that a large value hides no error of a small one. */
const at = (name: string, f: (x: tf.Tensor) => tf.Tensor, ...values: number[]): OracleCase => ({
  name: `${name} at ${values.join(" and ")}`,
  inputs: [[values.length]],
  values,
  f,
  gradient: false,
});

const REDUCTIONS = ["sum", "mean", "max", "min", "prod"] as const;

export const TYPES: readonly OracleCase[] = [
  pair("mod: the sign is the divisor's", (a, b) => tf.mod(a, tf.where(tf.equal(b, 0), tf.onesLike(b), b)), SIGNS),
  { name: "mod", inputs: [[3, 5], [3, 5]], values: "positive", f: tf.mod },
  pair("floorDiv", (a, b) => tf.floorDiv(a, tf.where(tf.equal(b, 0), tf.onesLike(b), b)), SIGNS),
  { name: "atan2", inputs: [[3, 5], [3, 5]], f: tf.atan2 },
  pair("atan2 in every quadrant and on every axis", tf.atan2, [1, -1, 0, 2, -2, 0, 0, 1, 0, -1, -0.5]),
  pair("atan2 of infinities and negative zeros", tf.atan2, [Infinity, -Infinity, -0, 0, 1, -0, -1, 1e30, Infinity, 1e-38, -Infinity]),
  { name: "isNaN, isInf, isFinite", inputs: [[6]], values: [1, NaN, Infinity, -Infinity, 0, 3e38], f: (x) => tf.stack([tf.isNaN(x), tf.isInf(x), tf.isFinite(x)].map((y) => tf.cast(y, "float32"))), gradient: false },
  { name: "where chooses around NaN", inputs: [[4]], values: [1, NaN, -2, NaN], f: (x) => tf.where(tf.isNaN(x), tf.zerosLike(x), x), gradient: false },
  ...[1e-20, 1e-7, 1e-4, 0.01, 0.6, 0.999].flatMap((x) => [at("expm1", tf.expm1, x, -x), at("log1p", tf.log1p, x, -x)]),
  ...[1.001, 20, 80].flatMap((x) => [at("expm1", tf.expm1, x, -x), at("log1p", tf.log1p, x)]),
  ...[2, 12, 40, 80].map((x) => at("sigmoid", tf.sigmoid, -x)),
  at("log of sigmoid", (x) => tf.log(tf.sigmoid(x)), -30),
  at("log1p", tf.log1p, Infinity),
  { name: "log1p at -1 and below", inputs: [[2]], values: [-1, -2], f: tf.log1p, gradient: false },

  ints("add", tf.add),
  ints("sub", tf.sub),
  ints("mul", tf.mul),
  ints("div, which rounds down,", (a, b) => tf.div(a, tf.maximum(b, tf.scalar(1, "int32")))),
  ints("floorDiv, by zero too,", tf.floorDiv),
  ints("mod, by zero too,", tf.mod),
  ints("pow", (a, b) => tf.pow(a, tf.abs(b))),
  ints("maximum", tf.maximum),
  ints("minimum", tf.minimum),
  ints("squaredDifference", tf.squaredDifference),
  ints("equal", tf.equal),
  ints("notEqual", tf.notEqual),
  ints("greater", tf.greater),
  ints("lessEqual", tf.lessEqual),
  pair("an integer and a float", (a, b) => tf.add(int(a), b), SIGNS),
  bools("mul", tf.mul),
  bools("maximum", tf.maximum),
  bools("minimum", tf.minimum),
  bools("equal", tf.equal),
  bools("notEqual", tf.notEqual),
  bools("greater", tf.greater),
  bools("greaterEqual", tf.greaterEqual),
  bools("less", tf.less),
  bools("logicalXor", tf.logicalXor),
  bools("where", (a, b) => tf.where(a, b, tf.logicalNot(b))),
  ...([tf.abs, tf.neg, tf.sign, tf.square, tf.relu, tf.relu6, tf.round, tf.exp, tf.expm1,  tf.isNaN, tf.isFinite] as const).map((f) => ofInts(f.name, (x) => f(x))),
  ofInts("clipByValue", (x) => tf.clipByValue(x, -2, 3)),
  ofInts("leakyRelu", (x) => tf.leakyRelu(x, 0.1)),
  ofInts("step", (x) => tf.step(x, -1)),
  ofInts("cumsum", (x) => tf.cumsum(x, 1)),
  ofInts("cumprod", (x) => tf.cumprod(x, 0)),
  ofInts("topk", (x) => tf.topk(x, 2).values),
  ofInts("argMax", (x) => tf.argMax(x, 0)),
  ofInts("pad", (x) => tf.pad(x, [[1, 0], [0, 2]], 7)),
  ofInts("gather", (x) => tf.gather(x, tf.tensor1d([2, 0], "int32"))),
  ofInts("scatterND", (x) => tf.scatterND(tf.tensor2d([[1], [1], [0]], [3, 1], "int32"), x, [3, 4])),
  ofInts("where", (x) => tf.where(tf.greater(x, 0), x, tf.neg(x))),
  ofInts("reverse and tile", (x) => tf.tile(tf.reverse(x, 0), [2, 1])),
  ...REDUCTIONS.map((name) => ofInts(name, (x) => tf[name](x, 1))),
  ...REDUCTIONS.map((name) => ofBools(name, (x) => tf[name](x, 1))),
  ofBools("cumsum", (x) => tf.cumsum(x, 1)),
  ofBools("argMax", (x) => tf.argMax(x, 1)),
  ofBools("pad", (x) => tf.pad(x, [[1, 0], [0, 2]])),
  ofBools("gather", (x) => tf.gather(x, tf.tensor1d([2, 0], "int32"))),
  ofBools("concat, slice, transpose and reshape", (x) => tf.reshape(tf.transpose(tf.concat([x, tf.slice(x, [0, 0], [1, 4])])), [2, 8])),
  ofBools("cast to float32", (x) => tf.cast(x, "float32")),
]; // prettier-ignore
