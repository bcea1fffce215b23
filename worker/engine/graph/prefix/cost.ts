// What it costs to compute a value in every run, and what it costs to hold it instead. In picoseconds, whole numbers.
import { sizeOf } from "../../../../shared/program/program.ts";
import type { OnnxNode } from "../onnx.ts";
import type { Spec } from "./specs.ts";

export interface PrefixCosts {
  /** From one node to the next. */
  readonly node: number;
  readonly multiplyAdd: number;
  /** Of what streams through memory. */
  readonly element: number;
  /** Of a transpose, which writes what it reads in another order. */
  readonly movedElement: number;
  /** Another run of a session. */
  readonly prefix: number;
  /** Another tensor that one session hands to the other. */
  readonly heldValue: number;
  readonly heldElement: number;
}

/**
 * A held value must be so many times as dear to compute as to hold: then a thread that has a single run between two
 * changes loses next to nothing, and one that has two gains most of it.
 */
const WORTH = 4;

/**
 * In a thread's memory. Measured on AVX-512 (one core; filters of 8 KB to 75 MB): 350 to 700 ps an element that streams,
 * 750 to 900 one that is moved. ONNX Runtime's binding copies every output into an array of its own, fresh memory that is
 * faulted in page by page: 2,400 to 3,600 ps an element, more than a filter's transform takes.
 */
export const ON_HOST: PrefixCosts = {
  node: 1_000_000,
  multiplyAdd: 17,
  element: 400,
  movedElement: 800,
  prefix: WORTH * 50_000_000,
  heldValue: WORTH * 4_000_000,
  heldElement: WORTH * 3_000,
};

/** On a GPU values stay where they are made, and a kernel's launch is dearer than what it does to a filter. */
export const ON_DEVICE: PrefixCosts = {
  node: 10_000_000,
  multiplyAdd: 1,
  element: 20,
  movedElement: 40,
  prefix: 50_000_000,
  heldValue: 2_000_000,
  heldElement: 10,
};

/** They only look at the same bytes in another way. */
const VIEWS: ReadonlySet<string> = new Set(["Identity", "Reshape"]);

/** Of running a node once. */
export function computingCost(
  { op }: OnnxNode,
  inputs: readonly Spec[],
  output: Spec,
  costs: PrefixCosts,
): number {
  if (VIEWS.has(op)) return 0;
  const made = sizeOf(output.shape);
  const sizes = inputs.map(({ shape }) => sizeOf(shape));
  const elements = made + sizes.reduce((sum, size) => sum + size, 0);
  switch (op) {
    case "Transpose":
      return costs.node + costs.movedElement * made;
    case "Gemm":
    case "MatMul": {
      // [.., M, K] · [.., K, N]: of M·K, K·N and M·N, the product of any two over the third is the square of one side.
      const inner = op === "MatMul" ? inputs[0].shape.at(-1)! : Math.sqrt((sizes[0] * sizes[1]) / made);
      return costs.node + Math.ceil((costs.element * elements) / 2 + costs.multiplyAdd * made * inner);
    }
    default:
      return costs.node + Math.ceil((costs.element * elements) / 2);
  }
}

/** Of holding a value. */
export function holdingCost({ shape }: Spec, costs: PrefixCosts): number {
  return costs.heldValue + costs.heldElement * sizeOf(shape);
}
