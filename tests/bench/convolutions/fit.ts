// Fits the prices of worker/engine/graph/lower/convolution/tuning.ts to what measure.ts has measured:
//
//   npx jiti tests/bench/convolutions/fit.ts [calls.csv]
import { readFileSync } from "node:fs";
import { median } from "../../../deploy/bench/speed.ts";
import { type GraphCall, productOf } from "../../../worker/engine/graph/lower/convolution/tiled/calls.ts";
import {
  priceOf,
  productWork,
  transposeWork,
} from "../../../worker/engine/graph/lower/convolution/tiled/price.ts";
import { CPU } from "../../../worker/engine/graph/lower/convolution/tuning.ts";

interface Measured {
  readonly call: GraphCall;
  readonly ns: number;
}

/** Errors of shorter calls count as if they took so long: no convolution is decided by them. */
const SHORT_NS = 20_000;
const ROUNDS = 3000;

const [file = "tests/bench/convolutions/calls.csv"] = process.argv.slice(2);
const measured = readFileSync(file, "utf8").trim().split("\n").slice(1).map(parsed);
const { cacheBytes } = CPU.prices;
const products = measured.flatMap(({ call, ns }) =>
  call.kind === "product" ? [{ call, ns, work: { ...productWork(call, cacheBytes) } }] : [],
);
const transposes = measured.flatMap(({ call, ns }) =>
  call.kind === "transpose" ? [{ call, ns, work: { ...transposeWork(call, cacheBytes) } }] : [],
);
report("product", products, CPU.prices.product);
report("transpose", transposes, CPU.prices.transpose);

/** A line `op,transposed,left,right,ns`; of a transpose, `right` is the number of elements that stay in a row. */
function parsed(line: string): Measured {
  const [op, transposed, first, second, ns] = line.split(",");
  const [left, right] = [first, second].map((text) => text.split("x").map(Number));
  if (op === "Transpose") {
    const elements = left.reduce((product, size) => product * size, 1);
    return { call: { kind: "transpose", elements, vector: right[0] }, ns: Number(ns) };
  }
  const turned = {
    left: transposed === "left" || transposed === "both",
    right: transposed === "right" || transposed === "both",
  };
  const swap = (shape: number[]): number[] => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
  return {
    call: productOf(turned.left ? swap(left) : left, turned.right ? swap(right) : right, turned),
    ns: Number(ns),
  };
}

function report(
  kind: string,
  rows: readonly (Measured & { readonly work: Readonly<Record<string, number>> })[],
  today: object,
): void {
  const names = Object.keys(today);
  const weights = rows.map(({ ns }) => 1 / (ns + SHORT_NS));
  const prices = nonNegativeLeastSquares(
    rows.map(({ work }, i) => names.map((name) => work[name] * weights[i])),
    rows.map(({ ns }, i) => ns * weights[i]),
  );
  const fitted = (work: Readonly<Record<string, number>>): number =>
    names.reduce((sum, name, i) => sum + work[name] * prices[i], 0);
  const long = rows.filter(({ ns }) => ns > 1e6);
  const off = (price: (row: (typeof rows)[number]) => number, of: typeof rows): string => {
    const errors = of.map((row) => Math.abs(Math.log(price(row) / row.ns))).sort((a, b) => a - b);
    return `${(100 * median(errors)).toFixed(0)} % (nine of ten within ${(100 * errors[Math.floor(errors.length * 0.9)]).toFixed(0)} %)`;
  };
  process.stdout.write(
    `${kind}: ${rows.length} calls; off by ${off(({ work }) => fitted(work), rows)}, above a millisecond by ` +
      `${off(({ work }) => fitted(work), long)}; with today's prices ${off(({ call }) => priceOf(call, CPU.prices), long)}\n` +
      names.map((name, i) => `  ${name}: ${prices[i].toPrecision(3)},\n`).join(""),
  );
}

/** w ≥ 0 with the least |Xw - y|², coordinate by coordinate (Lawson & Hanson 1974 has the problem; this is slower and shorter). */
function nonNegativeLeastSquares(x: readonly (readonly number[])[], y: readonly number[]): number[] {
  const columns = x[0].map((_, j) => x.map((row) => row[j]));
  const scales = columns.map((column) => Math.hypot(...column) || 1);
  const units = columns.map((column, j) => column.map((value) => value / scales[j]));
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  const gram = units.map((a) => units.map((b) => dot(a, b)));
  const target = units.map((a) => dot(a, y));
  const w = units.map(() => 0);
  for (let round = 0; round < ROUNDS; round++)
    for (let j = 0; j < w.length; j++) w[j] = Math.max(0, w[j] + target[j] - dot(gram[j], w));
  return w.map((value, j) => value / scales[j]);
}
