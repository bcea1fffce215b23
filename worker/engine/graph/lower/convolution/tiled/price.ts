// What calls cost on a processor: a sum of what they do, each thing at a price that was measured.
import type { GraphCall, ProductCall, TransposeCall } from "./calls.ts";

/** What in a matrix product takes time, and how much of it there is. */
export interface ProductWork {
  /** Once a call. */
  readonly call: number;
  /** Once for each product of a batch. */
  readonly product: number;
  /** Multiplications with additions, columns rounded up to whole registers. */
  readonly multiplyAdd: number;
  /** Elements of right operands, which the library copies into its own order, for each product anew. */
  readonly rightCopied: number;
  /** The same where the right one lies the other way round. */
  readonly rightTurned: number;
  /** Elements of left operands that lie the other way round: copied for each panel of columns. */
  readonly leftTurned: number;
  /** Elements of the result, read and written for each panel of the inner axis. */
  readonly result: number;
  /** Elements of all three: they pass through the nearest caches. */
  readonly element: number;
  /** Elements that do not fit in the core's own cache, of each operand and the result. */
  readonly leftFar: number;
  readonly rightFar: number;
  readonly resultFar: number;
}

export interface TransposeWork {
  readonly call: number;
  /** Elements that move in vectors. */
  readonly copied: number;
  /** Elements that move one by one. */
  readonly scattered: number;
  /** Elements that do not fit in the core's own cache. */
  readonly far: number;
}

/** Nanoseconds for each piece of work. */
export interface Prices {
  readonly product: ProductWork;
  readonly transpose: TransposeWork;
  /** Bytes of a core's own cache. */
  readonly cacheBytes: number;
}

/** ONNX Runtime's products go over the inner axis and the columns in panels of so many. */
const PANEL = 128;
/** Columns that are computed at once: a vector register of floats. */
const LANES = 16;

export function productWork(call: ProductCall, cacheBytes: number): ProductWork {
  const { products, rows, inner, columns, left, right, turned } = call;
  const result = products * rows * columns;
  const far = (elements: number): number => Math.max(0, elements - cacheBytes / 4);
  const rightElements = products * inner * columns;
  return {
    call: 1,
    product: products,
    multiplyAdd: products * rows * inner * LANES * Math.ceil(columns / LANES),
    rightCopied: turned.right ? 0 : rightElements,
    rightTurned: turned.right ? rightElements : 0,
    leftTurned: turned.left ? products * rows * inner * Math.ceil(columns / PANEL) : 0,
    result: result * Math.ceil(inner / PANEL),
    element: left + right + result,
    leftFar: far(left),
    rightFar: far(right),
    resultFar: far(result),
  };
}

export function transposeWork({ elements, vector }: TransposeCall, cacheBytes: number): TransposeWork {
  return {
    call: 1,
    copied: vector > 1 ? elements : 0,
    scattered: vector > 1 ? 0 : elements,
    far: Math.max(0, elements - cacheBytes / 4),
  };
}

/** Nanoseconds. */
export function priceOf(call: GraphCall, { product, transpose, cacheBytes }: Prices): number {
  switch (call.kind) {
    case "product":
      return total(productWork(call, cacheBytes), product);
    case "transpose":
      return total(transposeWork(call, cacheBytes), transpose);
    default:
      return call satisfies never;
  }
}

function total<Work extends object>(work: Work, prices: Work): number {
  const keys = Object.keys(work) as (keyof Work)[];
  return keys.reduce((sum, key) => sum + (work[key] as number) * (prices[key] as number), 0);
}
